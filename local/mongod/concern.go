package mongod

import (
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
)

// Every write here is durable before its answer, and every read sees the latest durable writes, so
// concerns change nothing. What MongoDB refuses in them is refused all the same.

// maxMembers is the most that a replica set can have.
const maxMembers = 50

// writes are the commands that may have a write concern.
const writes = "insert update delete findAndModify create drop dropDatabase createIndexes dropIndexes aggregate"

// The levels of read concern. snapshots are the commands that may ask for snapshot, reads those for
// what is not local.
const (
	levels    = "local majority available linearizable snapshot"
	reads     = "find aggregate distinct count"
	snapshots = "find aggregate distinct"
)

// checkConcerns refuses concerns that make no sense. A write concern that cannot be satisfied is no
// such error: the write is done, and the answer says that it was not.
func (r *request) checkConcerns() error {
	if v := r.value("readConcern"); v != nil {
		if err := r.checkReadConcern(v); err != nil {
			return err
		}
	}
	v := r.value("writeConcern")
	if v == nil {
		return nil
	}
	if !hasField(writes, r.name) {
		return errorf(codeInvalidOptions, "Command does not support writeConcern")
	}
	concern, err := r.sub("writeConcern", v, "w j fsync wtimeout provenance")
	if err != nil {
		return err
	}
	return r.checkWriteConcern(concern)
}

func (r *request) checkReadConcern(v any) error {
	doc, ok := v.(bson.D)
	if !ok {
		return errorf(codeFailedToParse, "readConcern field should be an object")
	}
	level := "local"
	for _, e := range doc {
		switch e.Key {
		case "level":
			if level, ok = e.Value.(string); !ok {
				return errorf(codeTypeMismatch, "\"level\" had the wrong type. Expected string, found %T", e.Value)
			}
		case "provenance":
		default: // with afterClusterTime and atClusterTime, since this server gives no cluster time to go by
			return errorf(codeInvalidOptions, "Unrecognized option in readConcern: %s", e.Key)
		}
	}
	switch {
	case !hasField(levels, level):
		return errorf(codeFailedToParse, "readConcern.level must be either 'local', 'majority', 'linearizable', 'available', or 'snapshot'")
	case level == "snapshot" && !hasField(snapshots, r.name), level != "local" && !hasField(reads, r.name):
		return errorf(codeInvalidOptions, "Command %s does not support { readConcern: { level: \"%s\" } } :: caused by :: read concern not supported", r.name, level)
	}
	return nil
}

func (r *request) checkWriteConcern(concern *request) error {
	journal, err := concern.bool("j", false)
	if err != nil {
		return err
	}
	fsync, err := concern.bool("fsync", false)
	if err != nil {
		return err
	}
	if journal && fsync {
		return errorf(codeFailedToParse, "fsync and j options cannot be used together")
	}
	if _, err := concern.number("wtimeout", 0); err != nil {
		return err
	}
	switch w := concern.value("w").(type) {
	case nil:
		return nil
	case string:
		if w != "majority" {
			r.unsatisfied = &dbError{Code: codeUnknownConcern, Message: fmt.Sprintf("No write concern mode named '%s' found in replica set configuration", w)}
		}
		return nil
	default:
		n, ok := wholeNumber(w)
		if !ok || n < 0 || n > maxMembers {
			return errorf(codeFailedToParse, "w has to be a non-negative number and not greater than %d, or a string", maxMembers)
		}
		if n > 1 {
			r.unsatisfied = &dbError{Code: codeUnsatisfiableConcern, Message: "Not enough data-bearing nodes"}
		}
		return nil
	}
}

// concernError is the part of an answer that says that the write concern is not satisfied.
func concernError(err *dbError) bson.E {
	return bson.E{Key: "writeConcernError", Value: append(bson.D{{Key: "codeName", Value: codeName(err.Code)}}, err.details()...)}
}
