// Command ceiling is as fast as a webhook in Go can be that stores what it is sent: net/http and the MongoDB driver,
// with the functions' write concern, and nothing else. It checks no signature, reads no more of the body than its
// session's ID, and hands nothing on. make bench measures the functions beside it.
package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"os"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

func main() {
	journaled, majority := true, writeconcern.Majority()
	majority.Journal = &journaled
	client, err := mongo.Connect(options.Client().ApplyURI(os.Getenv("MONGODB_URI")).SetWriteConcern(majority))
	if err != nil {
		log.Fatal(err)
	}
	orders := client.Database(os.Getenv("MONGODB_DATABASE")).Collection("orders")
	log.Fatal(http.ListenAndServe(os.Getenv("ADDRESS"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = upsert(r, orders, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})))
}

func upsert(r *http.Request, orders *mongo.Collection, body []byte) error {
	_, err := orders.UpdateOne(r.Context(),
		bson.D{{Key: "_id", Value: session(body)}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "event", Value: body}}}},
		options.UpdateOne().SetUpsert(true))
	return err
}

// session is the first cs_… in the body.
func session(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"cs_`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return "cs_" + string(id)
}
