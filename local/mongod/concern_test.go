package mongod

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestConcerns(t *testing.T) {
	t.Parallel()

	insert := bson.D{{Key: "insert", Value: "orders"}, {Key: "documents", Value: bson.A{bson.M{}}}}
	find := bson.D{{Key: "find", Value: "orders"}}
	for _, tt := range []struct {
		name    string
		cmd     bson.D
		field   string
		concern any
		code    int32 // 0: accepted
	}{
		{"a majority in its journal", insert, "writeConcern", bson.M{"w": "majority", "j": true}, 0},
		{"a majority in memory", insert, "writeConcern", bson.M{"w": "majority", "j": false}, 0},
		{"one", insert, "writeConcern", bson.M{"w": 1}, 0},
		{"none", insert, "writeConcern", bson.M{"w": 0}, 0},
		{"the default", insert, "writeConcern", bson.M{}, 0},
		{"some time for it", insert, "writeConcern", bson.M{"w": "majority", "wtimeout": 100}, 0},
		{"two, of which there is one", insert, "writeConcern", bson.M{"w": 2}, codeUnsatisfiableConcern},
		{"a mode that is not known", insert, "writeConcern", bson.M{"w": "dc1"}, codeUnsatisfiableConcern},
		{"less than none", insert, "writeConcern", bson.M{"w": -1}, codeUnsatisfiableConcern},
		{"w that is no number and no mode", insert, "writeConcern", bson.M{"w": true}, codeUnsatisfiableConcern},
		{"j that is no boolean", insert, "writeConcern", bson.M{"j": "yes"}, codeTypeMismatch},
		{"a field that is not known", insert, "writeConcern", bson.M{"w": 1, "x": 1}, codeUnknownField},
		{"no document", insert, "writeConcern", "majority", codeTypeMismatch},

		{"local", find, "readConcern", bson.M{"level": "local"}, 0},
		{"majority", find, "readConcern", bson.M{"level": "majority"}, 0},
		{"the default level", find, "readConcern", bson.M{}, 0},
		{"a level that is not known", find, "readConcern", bson.M{"level": "strong"}, codeFailedToParse},
		{"a time that this server does not give", find, "readConcern", bson.M{"afterClusterTime": bson.Timestamp{T: 1}}, codeUnknownField},
		{"no document to read by", find, "readConcern", "local", codeTypeMismatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			got := send(t, b.addr, append(tt.cmd[:len(tt.cmd):len(tt.cmd)], bson.E{Key: tt.field, Value: tt.concern}))
			if code, _ := got["code"].(int32); code != tt.code {
				t.Errorf("answered %v, want code %d", got, tt.code)
			}
			if stored := len(all(t, b.orders, bson.M{})); tt.field == "writeConcern" && (stored == 1) != (tt.code == 0) {
				t.Errorf("%d documents are stored", stored)
			}
		})
	}
}
