package mongod

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

const (
	wireVersion    = 21 // MongoDB 7.0's
	versionText    = "7.0.0"
	maxWriteBatch  = 100_000
	maxMessageSize = 48_000_000
)

func isHandshake(name string) bool {
	return name == "hello" || name == "isMaster" || name == "ismaster"
}

// hello presents the server as a standalone one without sessions: no setName, no logicalSessionTimeoutMinutes. So a driver
// sends neither sessions nor retryable writes, which this server does not have.
func (s *Server) hello(r *request) (bson.D, error) {
	primary := "isWritablePrimary"
	if r.name != "hello" {
		primary = "ismaster"
	}
	reply := bson.D{
		{Key: primary, Value: true},
		{Key: "helloOk", Value: true},
		{Key: "maxBsonObjectSize", Value: int32(maxDocumentBytes)},
		{Key: "maxMessageSizeBytes", Value: int32(maxMessageSize)},
		{Key: "maxWriteBatchSize", Value: int32(maxWriteBatch)},
		{Key: "localTime", Value: primitive.NewDateTimeFromTime(time.Now())},
		{Key: "connectionId", Value: r.connID},
		{Key: "minWireVersion", Value: int32(0)},
		{Key: "maxWireVersion", Value: int32(wireVersion)},
		{Key: "readOnly", Value: false},
	}
	if r.value("saslSupportedMechs") != nil {
		reply = append(reply, bson.E{Key: "saslSupportedMechs", Value: bson.A{mechanism}})
	}
	return reply, nil
}

func (s *Server) buildInfo(*request) (bson.D, error) {
	return bson.D{
		{Key: "version", Value: versionText},
		{Key: "versionArray", Value: bson.A{int32(7), int32(0), int32(0), int32(0)}},
		{Key: "gitVersion", Value: "tillbell embedded database"},
		{Key: "bits", Value: int32(64)},
		{Key: "maxBsonObjectSize", Value: int32(maxDocumentBytes)},
		{Key: "modules", Value: bson.A{}},
	}, nil
}

func (s *Server) serverStatus(*request) (bson.D, error) {
	s.mu.Lock()
	open := len(s.conns)
	s.mu.Unlock()
	up := time.Since(s.started)
	return bson.D{
		{Key: "version", Value: versionText},
		{Key: "process", Value: "mongod"},
		{Key: "uptime", Value: up.Seconds()},
		{Key: "uptimeMillis", Value: up.Milliseconds()},
		{Key: "localTime", Value: primitive.NewDateTimeFromTime(time.Now())},
		{Key: "connections", Value: bson.D{
			{Key: "current", Value: int32(open)}, {Key: "totalCreated", Value: s.lastConn.Load()},
		}},
	}, nil
}
