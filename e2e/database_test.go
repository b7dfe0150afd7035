package e2e

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/internal/mongodb"
	"handler/function/local/mongod"
	"handler/function/local/mongod/mongodtest"
)

// testDatabase is a database of a test's own.
type testDatabase struct{ uri, name string }

// uriVariable names the database that the store's tests run on in place of the laptop's.
const uriVariable = "MONGODB_URI"

// ownDatabase skips a test that needs the laptop's database where the tests are to run on another.
func ownDatabase(t *testing.T) {
	t.Helper()
	if os.Getenv(uriVariable) != "" {
		t.Skip("it needs the laptop's own database, and " + uriVariable + " names another")
	}
}

// database gives a test an empty database, which goes when the test ends. Atlas takes names of less
// than 38 bytes.
func database(t *testing.T) testDatabase {
	t.Helper()
	db := testDatabase{uri: os.Getenv(uriVariable), name: "test_" + strings.ToLower(rand.Text())}
	if db.uri == "" {
		db.uri = embedded(t)
	}
	t.Cleanup(func() {
		if err := db.client(t).Database(db.name).Drop(context.Background()); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return db
}

// embedded starts the laptop's database on an empty folder.
func embedded(t *testing.T) string {
	t.Helper()
	ownDatabase(t)
	return "mongodb://" + mongodtest.Start(t, mongod.Options{})
}

func (db testDatabase) client(t *testing.T) *mongo.Client {
	t.Helper()
	client, err := mongodb.Connect(db.uri, "e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

func (db testDatabase) store(t *testing.T) *mongodb.Store {
	t.Helper()
	return mongodb.NewStore(db.client(t), db.name)
}

// roleVariable makes this test binary play a part of its own instead of running tests: for what
// only several processes can show.
const roleVariable = "E2E_ROLE"

func role(t *testing.T, name string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(append(os.Environ(), roleVariable+"="+name), env...)
	return cmd
}

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == "race" {
		os.Exit(raceRole())
	}
	code := m.Run()
	if started != nil {
		started.stop()
	}
	os.Exit(code)
}

func raceRole() int {
	orders, err := strconv.Atoi(os.Getenv("RACE_ORDERS"))
	if err != nil {
		println(err.Error())
		return 2
	}
	client, err := mongodb.Connect(os.Getenv("RACE_URI"), "e2e")
	if err == nil {
		store := mongodb.NewStore(client, os.Getenv("RACE_DATABASE"))
		err = race(context.Background(), store, os.Getenv("RACE_NAME"), orders)
	}
	if err != nil {
		println(err.Error())
		return 1
	}
	return 0
}
