package mongod

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// expireLoop removes, every now and then, the documents that TTL indexes say are past their time.
func (s *Server) expireLoop() {
	tick := time.NewTicker(s.opts.ExpireInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		if err := s.engine.expire(time.Now()); err != nil {
			s.opts.Logger.Warn("expired documents were not removed", "err", err)
		}
	}
}

func (e *engine) expire(now time.Time) error {
	return e.write(func(t *tx) error {
		t.sessions.expire(now)
		for _, ns := range t.catalog.names("") {
			for _, x := range t.catalog.collections[ns].indexes {
				if !x.ttl {
					continue
				}
				// The class of the bound keeps this to dates: what is no date never expires.
				past := primitive.NewDateTimeFromTime(now.Add(-x.expire))
				filter := bson.D{{Key: x.key[0].Key, Value: bson.D{{Key: "$lt", Value: past}}}}
				if x.partial != nil {
					filter = append(filter, bson.E{Key: "$and", Value: bson.A{x.partial}})
				}
				found, _, err := t.catalog.collections[ns].find(query{filter: filter})
				if err != nil {
					return err
				}
				for _, rec := range found {
					if err := t.remove(ns, rec); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}
