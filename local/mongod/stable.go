package mongod

import "slices"

// stable are the commands of Stable API V1:
// https://www.mongodb.com/docs/manual/reference/stable-api/
var stable = []string{"hello", "ping", "saslStart", "saslContinue", "endSessions", "refreshSessions",
	"insert", "update", "delete", "findAndModify", "find", "count", "aggregate", "explain", "getMore", "killCursors",
	"create", "drop", "dropDatabase", "createIndexes", "listIndexes", "dropIndexes", "listCollections", "listDatabases"}

// Stable reports whether a command is one of Stable API V1.
func Stable(command string) bool { return slices.Contains(stable, command) }

// checkAPI checks the version of the API that the client declares, and that the command is in it if
// it is to be.
func (r *request) checkAPI() error {
	version := r.value("apiVersion")
	strict, err := r.bool("apiStrict", false)
	if err != nil {
		return err
	}
	switch {
	case err != nil:
		return err
	case version == nil && strict:
		return errorf(codeAPIVersionMissing, "Provided apiStrict without passing apiVersion")
	case version != nil && version != "1":
		return errorf(codeAPIVersion, "API version must be \"1\"")
	case strict && !Stable(r.name):
		return errorf(codeAPIStrict, "Provided apiStrict:true, but the command %s is not in API Version 1", r.name)
	}
	return nil
}
