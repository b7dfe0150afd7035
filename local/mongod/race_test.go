package mongod

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

func TestRaces(t *testing.T) {
	t.Parallel()

	t.Run("one of 50 claimers wins, every time", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for round := range 10 {
			id := fmt.Sprint("cs_", round)
			mustInsert(t, b.orders, bson.M{"_id": id, "emails": bson.M{"a": bson.M{"state": "due", "fence": 0}}})
			var winners atomic.Int32
			together(50, func(i int) {
				err := b.orders.FindOneAndUpdate(t.Context(), bson.M{"_id": id, "emails.a.state": "due"},
					bson.M{"$set": bson.M{"emails.a.state": "claimed", "emails.a.by": i}, "$inc": bson.M{"emails.a.fence": 1}}).Err()
				switch {
				case err == nil:
					winners.Add(1)
				case !errors.Is(err, mongo.ErrNoDocuments):
					t.Errorf("claim: %v", err)
				}
			})
			if n := winners.Load(); n != 1 {
				t.Errorf("round %d: %d winners", round, n)
			}
		}
	})

	t.Run("none of 1,000 increments is lost", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 0})
		together(20, func(int) {
			for range 50 {
				if _, err := b.orders.UpdateByID(t.Context(), "a", bson.M{"$inc": bson.M{"n": 1}}); err != nil {
					t.Errorf("increment: %v", err)
				}
			}
		})
		if got := all(t, b.orders, bson.M{}); got[0]["n"] != int32(1000) {
			t.Errorf("got %v", got)
		}
	})

	t.Run("upserts of one _id at once make one document", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		var made atomic.Int32
		together(50, func(i int) {
			res, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": "a"},
				bson.M{"$set": bson.M{fmt.Sprint("events.evt_", i): 1}, "$setOnInsert": bson.M{"by": i}}, options.UpdateOne().SetUpsert(true))
			if err != nil && !mongo.IsDuplicateKeyError(err) {
				t.Errorf("upsert: %v", err)
			}
			if err == nil && res.UpsertedCount == 1 {
				made.Add(1)
			}
		})
		got := all(t, b.orders, bson.M{})
		if len(got) != 1 || made.Load() != 1 || len(got[0]["events"].(bson.D)) != 50 {
			t.Errorf("%d made, got %v", made.Load(), got)
		}
	})

	t.Run("readers and writers of indexed fields do not disturb each other", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		if _, err := b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"due": 1}}); err != nil {
			t.Fatal(err)
		}
		var docs []any
		for i := range 200 {
			docs = append(docs, bson.M{"_id": i, "due": i})
		}
		mustInsert(t, b.orders, docs...)
		together(16, func(i int) {
			for n := range 40 {
				if i%2 == 0 {
					if _, err := b.orders.UpdateByID(t.Context(), (n*7+i)%200, bson.M{"$inc": bson.M{"due": 1000}}); err != nil {
						t.Errorf("update: %v", err)
					}
					continue
				}
				// A version of the collection has every document, whatever moves meanwhile.
				if got := all(t, b.orders, bson.M{"due": bson.M{"$gte": 0}}, options.Find().SetBatchSize(1000)); len(got) != 200 {
					t.Errorf("found %d of 200", len(got))
				}
			}
		})
	})
}
