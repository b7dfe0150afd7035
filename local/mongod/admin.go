package mongod

import (
	"strings"

	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

func (s *Server) create(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	return bson.D{}, s.engine.write(func(t *tx) error {
		if t.catalog.collections[ns] != nil {
			return errorf(codeNamespaceExists, "collection %s already exists", ns)
		}
		_, err := t.writable(ns)
		return err
	})
}

func (s *Server) drop(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	return bson.D{{Key: "ns", Value: ns}}, s.engine.write(func(t *tx) error {
		if t.catalog.collections[ns] == nil {
			return nil // as in MongoDB 7, dropping what is not there is fine
		}
		return t.drop(ns)
	})
}

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

func (s *Server) listCollections(r *request) (bson.D, error) {
	var list []*bson.D
	for _, ns := range s.engine.head.Load().names(r.db) {
		name := strings.TrimPrefix(ns, r.db+".")
		list = append(list, &bson.D{
			{Key: "name", Value: name}, {Key: "type", Value: "collection"},
			{Key: "options", Value: bson.D{}}, {Key: "info", Value: bson.D{{Key: "readOnly", Value: false}}},
			{Key: "idIndex", Value: newCollection().indexes[0].document()},
		})
	}
	list, err := r.filterList(list)
	if err != nil {
		return nil, err
	}
	if short, err := r.bool("nameOnly", false); err != nil || short {
		for i, doc := range list {
			d := (*doc)[:2:2]
			list[i] = &d
		}
	}
	return s.firstReply(r.db+".$cmd.listCollections", list, 0, true)
}

func (s *Server) listDatabases(r *request) (bson.D, error) {
	catalog := s.engine.head.Load()
	sizes := map[string]int64{}
	var order []string
	for _, ns := range catalog.names("") {
		db, _, _ := strings.Cut(ns, ".")
		if _, ok := sizes[db]; !ok {
			order = append(order, db)
		}
		sizes[db] += catalog.collections[ns].bytes
	}
	var list []*bson.D
	var total int64
	for _, db := range order {
		list = append(list, &bson.D{
			{Key: "name", Value: db}, {Key: "sizeOnDisk", Value: sizes[db]}, {Key: "empty", Value: sizes[db] == 0},
		})
	}
	list, err := r.filterList(list)
	if err != nil {
		return nil, err
	}
	databases := bson.A{}
	for _, doc := range list {
		total += lookup(*doc, "sizeOnDisk").(int64)
		databases = append(databases, *doc)
	}
	return bson.D{{Key: "databases", Value: databases}, {Key: "totalSize", Value: total}}, nil
}

// filterList leaves the documents that match the command's filter.
func (r *request) filterList(list []*bson.D) ([]*bson.D, error) {
	filter, err := r.document("filter")
	if err != nil {
		return nil, err
	}
	if err := checkFilter(filter); err != nil {
		return nil, err
	}
	return mongokit.Filter(list, &filter, 0)
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
	scale, err := r.scale()
	if err != nil {
		return nil, err
	}
	return bson.D{
		{Key: "db", Value: r.db}, {Key: "collections", Value: int32(len(names))}, {Key: "objects", Value: objects},
		{Key: "dataSize", Value: bytes / scale}, {Key: "storageSize", Value: bytes / scale}, {Key: "indexes", Value: int32(indexes)},
		{Key: "indexSize", Value: indexBytes / scale}, {Key: "totalSize", Value: (bytes + indexBytes) / scale}, {Key: "scaleFactor", Value: scale},
	}, nil
}

func (s *Server) collStats(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	scale, err := r.scale()
	if err != nil {
		return nil, err
	}
	c := s.engine.collection(ns)
	if c == nil {
		c = newCollection()
		c.indexes = nil
	}
	n := int64(c.records.Len())
	return bson.D{
		{Key: "ns", Value: ns}, {Key: "count", Value: n}, {Key: "size", Value: c.bytes / scale},
		{Key: "avgObjSize", Value: c.bytes / max(n, 1)}, {Key: "storageSize", Value: c.bytes / scale},
		{Key: "nindexes", Value: int32(len(c.indexes))}, {Key: "scaleFactor", Value: scale},
	}, nil
}

func (r *request) scale() (int64, error) {
	n, err := r.number("scale", 1)
	if err == nil && n < 1 {
		err = errorf(codeBadValue, "scale must be positive")
	}
	return n, err
}
