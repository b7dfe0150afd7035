package mongodb

import "handler/function/internal/openfaas"

// FromSecret gives the store in a database that the secret mongodb-uri leads to, as it is at each
// call. The database's log calls the client by the function's name.
func FromSecret(secrets openfaas.Secrets, database, function string) func() (*Store, error) {
	source := &Source{
		URI:      func() (string, error) { return secrets.First("mongodb-uri", "mongodb://", "mongodb+srv://") },
		Database: database,
		AppName:  function,
	}
	return source.Store
}
