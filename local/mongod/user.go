package mongod

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// writers are the commands that the role read does not allow.
var writers = []string{"insert", "update", "delete", "findAndModify", "createIndexes", "dropDatabase"}

// readActions are the role's that a shop could ask for:
// https://www.mongodb.com/docs/manual/reference/built-in-roles/#mongodb-authrole-read
var readActions = bson.A{"collStats", "dbStats", "find", "listCollections", "listIndexes"}

// authorize refuses what the connection's user may not do. There is none, who may do everything,
// unless the server is to be read only.
func (s *Server) authorize(r *request) error {
	if s.opts.ReadOnly && slices.Contains(writers, r.name) {
		return errorf(codeUnauthorized, "not authorized on %s to execute command %s", r.db, r.name)
	}
	return nil
}

func (s *Server) connectionStatus(r *request) (bson.D, error) {
	show, err := r.bool("showPrivileges", false)
	if err != nil {
		return nil, err
	}
	users, roles, privileges := bson.A{}, bson.A{}, bson.A{}
	if s.loggedIn(r.client.id) {
		users = bson.A{bson.D{{Key: "user", Value: s.opts.User}, {Key: "db", Value: "admin"}}}
	}
	if s.opts.ReadOnly {
		users = bson.A{bson.D{{Key: "user", Value: "reader"}, {Key: "db", Value: "admin"}}}
		roles = bson.A{bson.D{{Key: "role", Value: "read"}, {Key: "db", Value: r.db}}}
		privileges = bson.A{bson.D{
			{Key: "resource", Value: bson.D{{Key: "db", Value: r.db}, {Key: "collection", Value: ""}}},
			{Key: "actions", Value: readActions},
		}}
	}
	info := bson.D{{Key: "authenticatedUsers", Value: users}, {Key: "authenticatedUserRoles", Value: roles}}
	if show {
		info = append(info, bson.E{Key: "authenticatedUserPrivileges", Value: privileges})
	}
	return bson.D{{Key: "authInfo", Value: info}}, nil
}
