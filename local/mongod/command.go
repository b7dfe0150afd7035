package mongod

import "go.mongodb.org/mongo-driver/bson"

// command is one of the server's commands. fields are those it accepts besides the ones that any
// command may carry ("*": it reads none, so any will do); noWait marks the ones whose answer
// says nothing about what is stored.
type command struct {
	fields string
	noWait bool
	run    func(*request) (bson.D, error)
}

func (s *Server) newCommands() map[string]command {
	about := func(run func(*request) (bson.D, error)) command {
		return command{fields: "*", noWait: true, run: run}
	}
	return map[string]command{
		"hello": about(s.hello), "isMaster": about(s.hello), "ismaster": about(s.hello),
		"ping":        about(func(*request) (bson.D, error) { return bson.D{}, nil }),
		"endSessions": about(s.endSessions),
		"buildInfo":   about(s.buildInfo), "buildinfo": about(s.buildInfo),
		"connectionStatus": about(s.connectionStatus),
		"saslStart":        about(s.saslStart), "saslContinue": about(s.saslContinue),

		"insert": {fields: "documents ordered", run: s.insert},
		"update": {fields: "updates ordered", run: s.update},
		"delete": {fields: "deletes ordered", run: s.delete},

		"findAndModify": {fields: "query update new upsert", run: s.findAndModify},

		"find": {fields: "filter sort projection limit batchSize singleBatch", run: s.find},

		"count":       {fields: "query", run: s.count},
		"aggregate":   {fields: "pipeline cursor", run: s.aggregate},
		"getMore":     {fields: "collection batchSize", run: s.getMore},
		"killCursors": {fields: "cursors", run: s.killCursors},

		"createIndexes": {fields: "indexes", run: s.createIndexes},
		"listIndexes":   {fields: "cursor", run: s.listIndexes},
		"dropDatabase":  {run: s.dropDatabase},
		"dbStats":       {run: s.dbStats},
	}
}
