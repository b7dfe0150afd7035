package mongod

import (
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// client is who sends a command: the connection's number, and the server's address on it.
type client struct {
	id   int32
	host string
}

// request is one command: its name and value come first in the document, its fields after it.
type request struct {
	client client
	name   string
	db     string
	doc    bson.D
	// write names a retryable write; nil where the command is none.
	write *writeID
}

// generic are the fields that any command may carry.
const generic = "$db lsid txnNumber startTransaction autocommit $clusterTime $readPreference readConcern writeConcern maxTimeMS " +
	"comment apiVersion apiStrict helloOk"

// newRequest refuses fields that the command does not know: to skip one would be to do something
// else than was asked.
func newRequest(from client, doc bson.D, fields string) (*request, error) {
	r := &request{client: from, name: doc[0].Key, doc: doc}
	db, _ := r.value("$db").(string)
	if db == "" || len(db) > 63 || strings.ContainsAny(db, "/\\. \"$\x00") {
		return nil, errorf(codeInvalidNamespace, "invalid database name: '%s'", db)
	}
	r.db = db
	for _, e := range doc[1:] {
		if fields != "*" && !hasField(fields, e.Key) && !hasField(generic, e.Key) {
			return nil, errorf(codeUnknownField, "BSON field '%s.%s' is an unknown field", r.name, e.Key)
		}
	}
	for _, check := range []func() error{r.checkAPI, r.readSession, r.checkConcerns} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func hasField(fields, key string) bool {
	for field := range strings.FieldsSeq(fields) {
		if field == key {
			return true
		}
	}
	return false
}

// sub makes a request of a document inside a command: one update of a batch, say.
func (r *request) sub(name string, v any, fields string) (*request, error) {
	doc, ok := v.(bson.D)
	if !ok {
		return nil, errorf(codeTypeMismatch, "'%s' must be a document", name)
	}
	for _, e := range doc {
		if !hasField(fields, e.Key) {
			return nil, errorf(codeUnknownField, "BSON field '%s.%s' is an unknown field", name, e.Key)
		}
	}
	return &request{name: name, db: r.db, doc: doc}, nil
}

func (r *request) value(key string) any { return lookup(r.doc, key) }

func lookup(doc bson.D, key string) any {
	for _, e := range doc {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

// collection is the full name of the collection that the command's first field names.
func (r *request) collection() (string, error) {
	name, ok := r.doc[0].Value.(string)
	if !ok {
		return "", errorf(codeInvalidNamespace, "%s: collection name has an invalid type %T", r.name, r.doc[0].Value)
	}
	return r.namespace(name)
}

func (r *request) namespace(collection string) (string, error) {
	if collection == "" || strings.ContainsAny(collection, "$\x00") || strings.HasPrefix(collection, ".") {
		return "", errorf(codeInvalidNamespace, "invalid collection name: '%s'", collection)
	}
	return r.db + "." + collection, nil
}

// document returns a field that must be a document, empty if it is missing.
func (r *request) document(key string) (bson.D, error) {
	switch v := r.value(key).(type) {
	case nil:
		return bson.D{}, nil
	case bson.D:
		return v, nil
	default:
		return nil, errorf(codeTypeMismatch, "BSON field '%s.%s' is the wrong type '%T', expected type 'object'", r.name, key, v)
	}
}

func (r *request) list(key string) (bson.A, error) {
	switch v := r.value(key).(type) {
	case nil:
		return nil, nil
	case bson.A:
		return v, nil
	default:
		return nil, errorf(codeTypeMismatch, "BSON field '%s.%s' is the wrong type '%T', expected type 'array'", r.name, key, v)
	}
}

// number returns a field that must be a whole number, or def if it is missing.
func (r *request) number(key string, def int64) (int64, error) {
	v := r.value(key)
	if v == nil {
		return def, nil
	}
	n, ok := wholeNumber(v)
	if !ok {
		return 0, errorf(codeTypeMismatch, "BSON field '%s.%s' must be a whole number", r.name, key)
	}
	return n, nil
}

// atLeastZero is number for fields that may not be negative.
func (r *request) atLeastZero(key string) (int, error) {
	n, err := r.number(key, 0)
	if err == nil && n < 0 {
		err = errorf(codeBadValue, "BSON field '%s.%s' must not be negative", r.name, key)
	}
	return int(n), err
}

func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	return 0, false
}

func (r *request) bool(key string, def bool) (bool, error) {
	switch v := r.value(key).(type) {
	case nil:
		return def, nil
	case bool:
		return v, nil
	default:
		if n, ok := wholeNumber(v); ok {
			return n != 0, nil
		}
		return false, errorf(codeTypeMismatch, "BSON field '%s.%s' must be a boolean", r.name, key)
	}
}
