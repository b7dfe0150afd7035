package mongod

import "go.mongodb.org/mongo-driver/bson"

func (s *Server) dropDatabase(r *request) (bson.D, error) {
	return bson.D{{Key: "dropped", Value: r.db}}, s.engine.write(func(t *tx) error {
		for _, ns := range t.catalog.names(r.db) {
			if err := t.drop(ns); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Server) dbStats(r *request) (bson.D, error) {
	catalog := s.engine.head.Load()
	var objects, bytes, indexBytes int64
	indexes := 0
	names := catalog.names(r.db)
	for _, ns := range names {
		c := catalog.collections[ns]
		objects += int64(c.records.Len())
		bytes += c.bytes
		indexes += len(c.indexes)
		for _, x := range c.indexes {
			indexBytes += x.bytes()
		}
	}
	return bson.D{
		{Key: "db", Value: r.db}, {Key: "collections", Value: int32(len(names))}, {Key: "objects", Value: objects},
		{Key: "dataSize", Value: bytes}, {Key: "storageSize", Value: bytes},
		{Key: "indexes", Value: int32(indexes)}, {Key: "indexSize", Value: indexBytes},
		{Key: "totalSize", Value: bytes + indexBytes},
	}, nil
}
