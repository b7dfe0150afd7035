package mongod

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestReadOnly(t *testing.T) {
	t.Parallel()

	type status struct {
		AuthInfo struct {
			AuthenticatedUserPrivileges []struct {
				Resource struct{ DB string }
				Actions  []string
			} `bson:"authenticatedUserPrivileges"`
		} `bson:"authInfo"`
	}
	ask := func(t *testing.T, b *bundle) (s status) {
		t.Helper()
		if err := b.orders.Database().RunCommand(t.Context(), bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}}).Decode(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}

	t.Run("refuses what writes, and says so of its user", func(t *testing.T) {
		t.Parallel()

		b := setupDir(t, t.TempDir(), Options{ReadOnly: true})
		_, err := b.orders.InsertOne(t.Context(), bson.M{"_id": "1"})
		wantCode(t, err, 13)
		_, err = b.orders.UpdateOne(t.Context(), bson.M{"_id": "1"}, bson.M{"$set": bson.M{"a": 1}})
		wantCode(t, err, 13)
		if got := all(t, b.orders, bson.M{}); len(got) != 0 {
			t.Errorf("it holds %v", got)
		}
		p := ask(t, b).AuthInfo.AuthenticatedUserPrivileges
		if len(p) != 1 || p[0].Resource.DB != "shop" || !slices.Contains(p[0].Actions, "find") || slices.Contains(p[0].Actions, "insert") {
			t.Errorf("%+v", p)
		}
	})

	t.Run("is not so without being asked for", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "1"})
		if p := ask(t, b).AuthInfo.AuthenticatedUserPrivileges; len(p) != 0 {
			t.Errorf("%+v", p)
		}
	})
}
