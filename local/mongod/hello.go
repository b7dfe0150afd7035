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

// setName is the replica set's.
const setName = "rs0"

// hello presents the server as the primary of a replica set of one, at the address by which the
// client reached it. So a driver sends sessions and retryable writes, as it does to Atlas. Without
// a topologyVersion it asks again every ten seconds, in place of waiting for news.
func (s *Server) hello(r *request) (bson.D, error) {
	primary := "isWritablePrimary"
	if r.name != "hello" {
		primary = "ismaster"
	}
	reply := bson.D{
		{Key: primary, Value: true},
		{Key: "helloOk", Value: true},
		{Key: "secondary", Value: false},
		{Key: "setName", Value: setName},
		{Key: "setVersion", Value: int32(1)},
		{Key: "hosts", Value: bson.A{r.client.host}},
		{Key: "primary", Value: r.client.host},
		{Key: "me", Value: r.client.host},
		{Key: "logicalSessionTimeoutMinutes", Value: int32(sessionMinutes)},
		{Key: "maxBsonObjectSize", Value: int32(maxDocumentBytes)},
		{Key: "maxMessageSizeBytes", Value: int32(maxMessageSize)},
		{Key: "maxWriteBatchSize", Value: int32(maxWriteBatch)},
		{Key: "localTime", Value: primitive.NewDateTimeFromTime(time.Now())},
		{Key: "connectionId", Value: r.client.id},
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
