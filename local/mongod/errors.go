package mongod

import (
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
)

// The codes of MongoDB's that this server answers with.
const (
	codeInternal             = 1
	codeBadValue             = 2
	codeFailedToParse        = 9
	codeUnauthorized         = 13
	codeTypeMismatch         = 14
	codeAuthenticationFailed = 18
	codeOverflow             = 15
	codeInvalidBSON          = 22
	codeNamespaceNotFound    = 26
	codeConflictingUpdate    = 40
	codeCursorNotFound       = 43
	codeCommandNotFound      = 59
	codeImmutableField       = 66
	codeCannotCreateIndex    = 67
	codeInvalidOptions       = 72
	codeInvalidNamespace     = 73
	codeUnknownConcern       = 79
	codeIndexOptionsClash    = 85
	codeIndexKeyClash        = 86
	codeShutdown             = 91
	codeUnsatisfiableConcern = 100
	codeInvalidIndexOption   = 197
	codeTransactionTooOld    = 225
	codeNoTransactions       = 263
	codeAPIVersion           = 322
	codeAPIStrict            = 323
	codeUnsupportedOpQuery   = 352
	codeDocumentTooLarge     = 10334
	codeDuplicateKey         = 11000
	codeUnknownField         = 40415
	codeNotRetryable         = 50768
	codeAPIVersionMissing    = 4886600
	codeUnknownPipelineStep  = 40324
)

func codeName(code int32) string {
	names := map[int32]string{
		codeInternal: "InternalError", codeUnauthorized: "Unauthorized", codeAuthenticationFailed: "AuthenticationFailed", codeBadValue: "BadValue", codeFailedToParse: "FailedToParse",
		codeTypeMismatch: "TypeMismatch", codeOverflow: "Overflow",
		codeInvalidBSON: "InvalidBSON", codeNamespaceNotFound: "NamespaceNotFound", codeConflictingUpdate: "ConflictingUpdateOperators", codeCursorNotFound: "CursorNotFound",
		codeCommandNotFound: "CommandNotFound",
		codeImmutableField:  "ImmutableField", codeCannotCreateIndex: "CannotCreateIndex",
		codeInvalidOptions: "InvalidOptions", codeInvalidNamespace: "InvalidNamespace",
		codeShutdown: "ShutdownInProgress", codeIndexOptionsClash: "IndexOptionsConflict", codeIndexKeyClash: "IndexKeySpecsConflict",
		codeInvalidIndexOption: "InvalidIndexSpecificationOption", codeUnsupportedOpQuery: "UnsupportedOpQueryCommand",
		codeUnknownConcern: "UnknownReplWriteConcern", codeUnsatisfiableConcern: "UnsatisfiableWriteConcern",
		codeTransactionTooOld: "TransactionTooOld", codeNoTransactions: "OperationNotSupportedInTransaction",
		codeNotRetryable: "NotARetryableWriteCommand", codeAPIVersion: "APIVersionError", codeAPIStrict: "APIStrictError",
		codeDocumentTooLarge: "BSONObjectTooLarge", codeDuplicateKey: "DuplicateKey",
	}
	if name, ok := names[code]; ok {
		return name
	}
	return fmt.Sprintf("Location%d", code)
}

// dbError is an error as MongoDB words it. KeyPattern and KeyValue are a duplicate key's.
type dbError struct {
	Code                 int32
	Message              string
	KeyPattern, KeyValue bson.D
}

func (e *dbError) Error() string { return e.Message }

func errorf(code int32, format string, args ...any) error {
	return &dbError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// asError gives every error a code. lungo's errors have none: they speak of what was asked, so
// BadValue fits.
func asError(err error) *dbError {
	var e *dbError
	if errors.As(err, &e) {
		return e
	}
	return &dbError{Code: codeBadValue, Message: err.Error()}
}

// details are the fields that a failed command and a failed write of a batch have in common.
func (e *dbError) details() bson.D {
	d := bson.D{{Key: "code", Value: e.Code}, {Key: "errmsg", Value: e.Message}}
	if e.KeyPattern != nil {
		d = append(d, bson.E{Key: "keyPattern", Value: e.KeyPattern}, bson.E{Key: "keyValue", Value: e.KeyValue})
	}
	return d
}

func (e *dbError) document() bson.D {
	return append(bson.D{{Key: "ok", Value: float64(0)}, {Key: "codeName", Value: codeName(e.Code)}}, e.details()...)
}

func (e *dbError) writeError(index int) bson.D {
	return append(bson.D{{Key: "index", Value: int32(index)}}, e.details()...)
}
