package mongod

import "go.mongodb.org/mongo-driver/bson"

// command is one of the server's commands. fields are those it knows beside the ones that any
// command may carry ("*": it looks at none, so any will do); noWait marks the ones whose answer
// says nothing about what is stored.
type command struct {
	fields string
	noWait bool
	run    func(*request) (bson.D, error)
}

func (s *Server) newCommands() map[string]command {
	ok := command{fields: "*", noWait: true, run: func(*request) (bson.D, error) { return bson.D{}, nil }}
	hello := command{fields: "*", noWait: true, run: s.hello}
	return map[string]command{
		"hello": hello, "isMaster": hello, "ismaster": hello,
		"ping": ok, "endSessions": {fields: "*", noWait: true, run: s.endSessions}, "refreshSessions": ok, "killSessions": ok, "killAllSessions": ok,
		"buildInfo": {fields: "*", noWait: true, run: s.buildInfo}, "buildinfo": {fields: "*", noWait: true, run: s.buildInfo},
		"serverStatus":     {fields: "*", noWait: true, run: s.serverStatus},
		"connectionStatus": {fields: "*", noWait: true, run: s.connectionStatus},

		"saslStart": {fields: "*", noWait: true, run: s.saslStart}, "saslContinue": {fields: "*", noWait: true, run: s.saslContinue},

		"insert": {fields: "documents ordered bypassDocumentValidation", run: s.insert},
		"update": {fields: "updates ordered bypassDocumentValidation", run: s.update},
		"delete": {fields: "deletes ordered", run: s.delete},
		"findAndModify": {run: s.findAndModify,
			fields: "query sort remove update new fields upsert arrayFilters bypassDocumentValidation hint"},

		"find": {run: s.find,
			fields: "filter sort projection hint skip limit batchSize singleBatch noCursorTimeout allowDiskUse"},
		"explain":     {fields: "verbosity", run: s.explain},
		"count":       {fields: "query limit skip hint", run: s.count},
		"distinct":    {fields: "key query hint", run: s.distinct},
		"aggregate":   {fields: "pipeline cursor allowDiskUse bypassDocumentValidation hint", run: s.aggregate},
		"getMore":     {fields: "collection batchSize", run: s.getMore},
		"killCursors": {fields: "cursors", run: s.killCursors},

		"createIndexes":   {fields: "indexes commitQuorum", run: s.createIndexes},
		"listIndexes":     {fields: "cursor", run: s.listIndexes},
		"dropIndexes":     {fields: "index", run: s.dropIndexes},
		"create":          {fields: "", run: s.create},
		"drop":            {fields: "", run: s.drop},
		"dropDatabase":    {fields: "", run: s.dropDatabase},
		"listCollections": {fields: "filter nameOnly authorizedCollections cursor", run: s.listCollections},
		"listDatabases":   {fields: "filter nameOnly authorizedDatabases", run: s.listDatabases},
		"dbStats":         {fields: "scale freeStorage", run: s.dbStats},
		"collStats":       {fields: "scale", run: s.collStats},
	}
}
