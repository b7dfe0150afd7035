package order_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

func TestHostileEvents(t *testing.T) {
	t.Parallel()

	// What can be read is a matter of taste with some of them; that it stays so, and is known, is
	// not.
	read := []string{
		"100,000 metadata keys",
		"a key twice",
		"a name of nearly 1 MiB",
		"an ID twice",
		"NULs",
		"data twice",
		"half a surrogate pair",
		"keys in capitals",
		"keys with $ and .",
	}
	hostile := sample.Hostile()
	if len(hostile) == 0 {
		t.Fatal("there are none")
	}
	for what, payload := range hostile {
		t.Run(what, func(t *testing.T) {
			t.Parallel()

			if _, ok := readable(t, payload); ok != slices.Contains(read, what) {
				t.Errorf("it can be read: %v", ok)
			}
		})
	}
}

// In a document of the database these would be operators and paths.
func TestMetadataKeysAreData(t *testing.T) {
	t.Parallel()

	e, ok := readable(t, sample.Hostile()["keys with $ and ."])
	if !ok {
		t.Fatal("it cannot be read")
	}
	want := []order.Pair{{"", "3"}, {"$set", "1"}, {"$where", "sleep(1)"}, {".", "4"}, {"__proto__", "5"}, {"a.b", "2"}}
	if d := cmp.Diff(want, placed(t, e).Metadata); d != "" {
		t.Errorf("metadata (-want +got):\n%s", d)
	}
}
