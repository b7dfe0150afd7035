package mongod

import (
	"bytes"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/FerretDB/wire/wirebson"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"
)

const (
	maxDocumentBytes = 16 << 20
	maxDepth         = 180 // MongoDB's own limit; a deeper one could exhaust the stack, which no recover catches
)

// decode turns bytes from the network or the journal into a document, or tells why it cannot.
func decode(raw []byte) (bson.D, error) {
	if err := checkDepth(raw, 1); err != nil {
		return nil, err
	}
	doc := bson.D{}
	if err := bson.Unmarshal(raw, &doc); err != nil {
		return nil, errorf(codeInvalidBSON, "invalid document: %v", err)
	}
	return doc, nil
}

func checkDepth(raw bsoncore.Document, depth int) error {
	if depth > maxDepth {
		return errorf(codeOverflow, "document is nested deeper than %d levels", maxDepth)
	}
	elements, err := raw.Elements()
	if err != nil {
		return errorf(codeInvalidBSON, "invalid document: %v", err)
	}
	for _, e := range elements {
		v := e.Value()
		if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
			if err := checkDepth(v.Data, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func encode(doc any) (bson.Raw, error) {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return nil, errorf(codeInvalidBSON, "invalid document: %v", err)
	}
	return raw, nil
}

// encodeReply makes a reply, or the error document in its place.
func encodeReply(reply bson.D, err error) (wirebson.RawDocument, error) {
	if err != nil {
		reply = asError(err).document()
	} else {
		reply = append(reply, bson.E{Key: "ok", Value: float64(1)})
	}
	raw, err := encode(reply)
	return wirebson.RawDocument(raw), err
}

// checkValue refuses the BSON types that lungo cannot compare (it panics on them), and decimals,
// which have no consistent place in its order.
func checkValue(v any) error {
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			if err := checkValue(e.Value); err != nil {
				return err
			}
		}
	case bson.A:
		for _, item := range v {
			if err := checkValue(item); err != nil {
				return err
			}
		}
	case nil, bool, int32, int64, float64, string, primitive.Binary, primitive.ObjectID, primitive.DateTime,
		primitive.Timestamp, primitive.Regex:
	default:
		return errorf(codeBadValue, "BSON type %T is not supported by the embedded database", v)
	}
	return nil
}

// sameDocument reports whether two documents have the same bytes; MongoDB counts nothing else as
// unmodified.
func sameDocument(a, b bson.D) (bool, error) {
	rawA, err := encode(a)
	if err != nil {
		return false, err
	}
	rawB, err := encode(b)
	return bytes.Equal(rawA, rawB), err
}

func get(doc *bson.D, path string) any { return bsonkit.Get(doc, path) }

func isMissing(v any) bool {
	_, ok := v.(bsonkit.MissingType)
	return ok
}

// withIDFirst returns doc with its _id in front, where MongoDB keeps it, made up if there is none.
func withIDFirst(doc bson.D) bson.D {
	id := bson.E{Key: "_id"}
	rest := make(bson.D, 1, len(doc)+1)
	found := false
	for _, e := range doc {
		if e.Key == "_id" && !found {
			id, found = e, true
			continue
		}
		rest = append(rest, e)
	}
	if !found {
		id.Value = primitive.NewObjectID()
	}
	rest[0] = id
	return rest
}
