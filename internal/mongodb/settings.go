package mongodb

import "handler/function/internal/openfaas"

// FromSettings gives the store that the secret mongodb-uri leads to, as it is at each call. The
// database's log calls the client by the function's name.
func FromSettings(s *openfaas.Settings, function string) func() (*Store, error) {
	secrets := s.Secrets()
	source := &Source{
		URI:      func() (string, error) { return secrets.First("mongodb-uri", "mongodb://", "mongodb+srv://") },
		Database: s.String("mongodb_database", "tillbell"),
		AppName:  function,
	}
	return source.Store
}
