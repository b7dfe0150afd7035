package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"handler/function/shared/stackfile"
)

// What is typed behind make buy arrives as it was typed. Each argument is wrong, so that the
// message quotes it.
func TestMakeBuy(t *testing.T) {
	t.Parallel()

	state := t.TempDir()
	buy := func(t *testing.T, arguments ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "buy", "STATE=" + state}, arguments...)...)
		cmd.Dir = ".."
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS") })
		cmd.Env = append(cmd.Env, "EMAIL=not an address", "NAME=of the environment")
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("no error in\n%s", out)
		}
		return string(out)
	}
	odd := map[string]string{
		"PRODUCT": "two words", "META": `it's "quoted"`, "LINK_META": "$5 and $(HOME) and ${HOME}", "EMAIL": "$$", "LOCALE": "a&b;c|d>e",
		"LINK": "#no comment", "CURRENCY": "back\\slash\\", "QUANTITY": "`date`", "AMOUNT": "100% ~ *",
	}
	var arguments []string
	for name, value := range odd {
		arguments = append(arguments, name+"="+value)
	}
	said := buy(t, arguments...)
	for name, value := range odd {
		if !regexp.MustCompile(`(?m)^` + name + `: (Stripe has no )?` + regexp.QuoteMeta(strconv.Quote(value))).MatchString(said) {
			t.Errorf("%s is not %q in\n%s", name, value, said)
		}
	}
	mustContain(t, buy(t, "PRODUKT=prod_a"), "make buy has no argument PRODUKT: did you mean PRODUCT?")
	mustContain(t, buy(t, "N=0"), `N: "0": want 1 to 100000`)
	mustContain(t, buy(t), "nothing is running here") // and EMAIL and NAME of the environment are not read
}

// What make run and make build say of the program that they build first counts those that it
// builds.
func TestMakeCountsPrograms(t *testing.T) {
	t.Parallel()

	services, err := stackfile.Parse(filepath.Join("..", stackFile))
	if err != nil {
		t.Fatal(err)
	}
	for target, modules := range map[string][]module{"run": {partsModule}, "build": {partsModule, extrasModule}} {
		cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "--dry-run", target, "STATE="+t.TempDir())
		cmd.Dir = ".."
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, out)
		}
		all := newMaker(nil, folders{}, services, modules...).all
		mustContain(t, string(out), fmt.Sprintf("… build the laptop's own program (1 of %d)", all))
	}
}
