package openfaas

import "handler/function/internal/mongodb"

// Orders gives the store of orders that the secret mongodb-uri leads to, as it is at each call.
func (s *Settings) Orders(function string) func() (*mongodb.Store, error) {
	secrets := s.Secrets()
	source := &mongodb.Source{
		URI:      func() (string, error) { return secrets.First("mongodb-uri", "mongodb://", "mongodb+srv://") },
		Database: s.String("mongodb_database", "tillbell"),
		AppName:  function,
	}
	return source.Store
}
