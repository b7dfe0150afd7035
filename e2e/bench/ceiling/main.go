// Command ceiling is as fast as a webhook in Go can be that stores what it is sent: net/http and
// the MongoDB driver, with the functions' write concern, and nothing else. It checks no signature,
// reads no more of the body than its session's ID, and hands nothing on. make bench measures the
// functions beside it.
//
// With WEBHOOK_SECRET and QUEUE_URL it does what stripe-webhook cannot leave out as well, in the
// fewest lines: it checks Stripe's signature, and posts the ID to a queue. What stripe-webhook
// needs beyond that is its own.
package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/stripe/stripe-go/v76/webhook"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

var secret, queue = os.Getenv("WEBHOOK_SECRET"), os.Getenv("QUEUE_URL")

func main() {
	journaled, majority := true, writeconcern.Majority()
	majority.Journal = &journaled
	client, err := mongo.Connect(options.Client().ApplyURI(os.Getenv("MONGODB_URI")).SetWriteConcern(majority))
	if err != nil {
		log.Fatal(err)
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 64
	orders := client.Database(os.Getenv("MONGODB_DATABASE")).Collection("orders")
	log.Fatal(http.ListenAndServe(os.Getenv("ADDRESS"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := receive(r, orders); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})))
}

func receive(r *http.Request, orders *mongo.Collection) error {
	body, err := io.ReadAll(r.Body)
	if err == nil && secret != "" {
		err = webhook.ValidatePayload(body, r.Header.Get("Stripe-Signature"), secret)
	}
	if err != nil {
		return err
	}
	id := session(body)
	_, err = orders.UpdateOne(r.Context(),
		bson.D{{Key: "_id", Value: id}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "event", Value: body}}}},
		options.UpdateOne().SetUpsert(true))
	if err == nil && queue != "" {
		err = handOn(id)
	}
	return err
}

func handOn(id string) error {
	res, err := http.Post(queue, "application/json", bytes.NewReader([]byte(`{"id":"`+id+`"}`)))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusAccepted {
		return errors.New("the queue answers " + res.Status)
	}
	return nil
}

// session is the first cs_… in the body.
func session(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"cs_`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return "cs_" + string(id)
}
