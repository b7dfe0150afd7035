package mongod

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestLogin(t *testing.T) {
	t.Parallel()

	b := setupDir(t, t.TempDir(), Options{User: "shop", Password: "r1ght"})
	insert := func(t *testing.T, id string, login *options.Credential) error {
		t.Helper()
		o := options.Client().ApplyURI("mongodb://" + b.addr)
		if login != nil {
			o.SetAuth(*login)
		}
		client, err := mongo.Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
		_, err = client.Database("shop").Collection("orders").InsertOne(t.Context(), bson.M{"_id": id})
		return err
	}
	refused := func(t *testing.T, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "AuthenticationFailed") {
			t.Errorf("got error %v", err)
		}
	}
	if err := insert(t, "1", &options.Credential{Username: "shop", Password: "r1ght"}); err != nil {
		t.Error(err)
	}
	refused(t, insert(t, "2", &options.Credential{Username: "shop", Password: "wr0ng"}))
	refused(t, insert(t, "3", &options.Credential{Username: "nobody", Password: "r1ght"}))
	wantCode(t, insert(t, "4", nil), codeUnauthorized)
}
