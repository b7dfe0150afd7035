package main

import "testing"

// Not parallel: it sets the environment.
func TestBenchIsNotForTheRealOnes(t *testing.T) {
	for _, s := range []service{stripeAPI, sendgridAPI, mongodbURI} {
		t.Run(s.variable, func(t *testing.T) {
			t.Setenv(s.variable, "a real one")
			err := dispatch(t.Context(), []string{"bench", "--quick", "--state", t.TempDir()})
			if err == nil {
				t.Fatal("no error")
			}
			mustContain(t, err.Error(), s.variable+" is set: bench is for the stand-ins")
		})
	}
}

func TestBenchHelp(t *testing.T) {
	t.Parallel()

	if err := dispatch(t.Context(), []string{"bench", "--help"}); err != nil {
		t.Error(err)
	}
}
