package mongod

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestConcerns(t *testing.T) {
	t.Parallel()

	insert := bson.D{{Key: "insert", Value: "orders"}, {Key: "documents", Value: bson.A{bson.M{}}}}
	find := bson.D{{Key: "find", Value: "orders"}}
	count := bson.D{{Key: "count", Value: "orders"}}
	modify := bson.D{{Key: "findAndModify", Value: "orders"}, {Key: "query", Value: bson.M{"_id": "a"}}, {Key: "update", Value: bson.M{"n": 1}}, {Key: "upsert", Value: true}}
	for _, tt := range []struct {
		name    string
		cmd     bson.D
		field   string
		concern any
		// code is that of the command's error; 0 where there is none. unsatisfied is that of the
		// concern's.
		code, unsatisfied int32
	}{
		{"a majority in its journal", insert, "writeConcern", bson.M{"w": "majority", "j": true}, 0, 0},
		{"a majority in memory", insert, "writeConcern", bson.M{"w": "majority", "j": false}, 0, 0},
		{"one", insert, "writeConcern", bson.M{"w": 1}, 0, 0},
		{"none", insert, "writeConcern", bson.M{"w": 0}, 0, 0},
		{"the default", insert, "writeConcern", bson.M{}, 0, 0},
		{"some time for it", insert, "writeConcern", bson.M{"w": "majority", "wtimeout": 100}, 0, 0},
		{"two, of which there is one", insert, "writeConcern", bson.M{"w": 2}, 0, codeUnsatisfiableConcern},
		{"a mode that is not known", insert, "writeConcern", bson.M{"w": "majority/"}, 0, codeUnknownConcern},
		{"the same for a findAndModify", modify, "writeConcern", bson.M{"w": "dc1"}, 0, codeUnknownConcern},
		{"more than there can be", insert, "writeConcern", bson.M{"w": 51}, codeFailedToParse, 0},
		{"less than none", insert, "writeConcern", bson.M{"w": -1}, codeFailedToParse, 0},
		{"w that is no number and no mode", insert, "writeConcern", bson.M{"w": true}, codeFailedToParse, 0},
		{"j and fsync", insert, "writeConcern", bson.M{"j": true, "fsync": true}, codeFailedToParse, 0},
		{"j that is no boolean", insert, "writeConcern", bson.M{"j": "yes"}, codeTypeMismatch, 0},
		{"a field that is not known", insert, "writeConcern", bson.M{"w": 1, "x": 1}, codeUnknownField, 0},
		{"no document", insert, "writeConcern", "majority", codeTypeMismatch, 0},
		{"a write concern of a read", find, "writeConcern", bson.M{"w": 1}, codeInvalidOptions, 0},

		{"local", find, "readConcern", bson.M{"level": "local"}, 0, 0},
		{"majority", find, "readConcern", bson.M{"level": "majority"}, 0, 0},
		{"linearizable", find, "readConcern", bson.M{"level": "linearizable"}, 0, 0},
		{"snapshot", find, "readConcern", bson.M{"level": "snapshot"}, 0, 0},
		{"available", count, "readConcern", bson.M{"level": "available"}, 0, 0},
		{"the default level", find, "readConcern", bson.M{}, 0, 0},
		{"local of a write", insert, "readConcern", bson.M{"level": "local"}, 0, 0},
		{"snapshot of a count", count, "readConcern", bson.M{"level": "snapshot"}, codeInvalidOptions, 0},
		{"majority of a write", insert, "readConcern", bson.M{"level": "majority"}, codeInvalidOptions, 0},
		{"a level that is not known", find, "readConcern", bson.M{"level": "strong"}, codeFailedToParse, 0},
		{"a level that is no text", find, "readConcern", bson.M{"level": 1}, codeTypeMismatch, 0},
		{"a time that this server does not give", find, "readConcern", bson.M{"afterClusterTime": bson.Timestamp{T: 1}}, codeInvalidOptions, 0},
		{"no document to read by", find, "readConcern", "local", codeFailedToParse, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			got := send(t, b.addr, append(tt.cmd[:len(tt.cmd):len(tt.cmd)], bson.E{Key: tt.field, Value: tt.concern}))
			var unsatisfied int32
			if e, ok := got["writeConcernError"].(bson.D); ok {
				for _, field := range e {
					if field.Key == "code" {
						unsatisfied = field.Value.(int32)
					}
				}
			}
			code, _ := got["code"].(int32)
			if code != tt.code || unsatisfied != tt.unsatisfied {
				t.Errorf("answered %v, want codes %d and %d", got, tt.code, tt.unsatisfied)
			}
			if stored := len(all(t, b.orders, bson.M{})); tt.field == "writeConcern" && tt.cmd[0].Key != "find" && (stored == 1) != (tt.code == 0) {
				t.Errorf("%d documents are stored", stored)
			}
		})
	}
}
