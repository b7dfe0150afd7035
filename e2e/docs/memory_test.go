package docs

import (
	"strconv"
	"strings"
	"testing"
)

// Two Go programs share a function's memory, and Go's limit does not count the pages of the
// programs themselves.
func TestMemoryLimits(t *testing.T) {
	const programs = 16
	for name, f := range ourStack(t).Functions {
		each := mebibytes(t, f.Environment["GOMEMLIMIT"], "MiB")
		all := mebibytes(t, f.Limits.Memory, "Mi")
		if 2*each+programs != all {
			t.Errorf("%s: GOMEMLIMIT is %d MiB, for the watchdog and for the handler; want half of what its limit of %d MiB leaves beside %d", name, each, all, programs)
		}
	}
}

func mebibytes(t *testing.T, value, unit string) int {
	t.Helper()
	digits, ok := strings.CutSuffix(value, unit)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		t.Fatalf("want a number of %s, got %q", unit, value)
	}
	return n
}
