package openfaas

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"handler/function/internal/span"
)

// Settings reads environment variables and collects what is wrong with them, so that all of it is
// told at once. The zero value reads the process's environment.
type Settings struct {
	// Getenv gives a variable, empty where it is not set. Default: os.Getenv.
	Getenv func(name string) string

	refused []WrongSetting
}

// WrongSetting is a setting whose value cannot be used.
type WrongSetting struct{ Name, Value, Want string }

func (w *WrongSetting) Error() string {
	return fmt.Sprintf("setting %s is %q: want %s", w.Name, w.Value, w.Want)
}

// String is a setting, or its default where it is not set.
func (s *Settings) String(name, otherwise string) string {
	getenv := s.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	return cmp.Or(strings.TrimSpace(getenv(name)), otherwise)
}

// Choice is a setting that is one of a few words, of which the first is its default.
func (s *Settings) Choice(name string, words ...string) string {
	v := s.String(name, words[0])
	if !slices.Contains(words, v) {
		s.refuse(name, v, strings.Join(words, " or "))
	}
	return v
}

// Bool is a setting that is true or false.
func (s *Settings) Bool(name string, otherwise bool) bool {
	v := s.String(name, strconv.FormatBool(otherwise))
	b, err := strconv.ParseBool(v)
	if err != nil {
		s.refuse(name, v, "true or false")
	}
	return b
}

// Duration is a setting that is a time span, zero or more.
func (s *Settings) Duration(name string, otherwise time.Duration) time.Duration {
	v := s.String(name, otherwise.String())
	d, err := span.Parse(v)
	if err != nil {
		s.refuse(name, v, span.Form+", or 0")
	}
	return d
}

// maxDays is a hundred years.
const maxDays = 36_500

// Days is a setting that is a number of days or a time span, zero or more; 0 where it is not set.
// More than a hundred years are a hundred.
func (s *Settings) Days(name string) time.Duration {
	const day = 24 * time.Hour
	v := s.String(name, "0")
	if d, err := span.Parse(v); err == nil {
		return min(d, maxDays*day)
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n >= 0) {
		s.refuse(name, v, "a number of days such as 90, or "+span.Form)
		return 0
	}
	return time.Duration(min(n, maxDays) * float64(day))
}

// Float is a setting that is a number, zero or more.
func (s *Settings) Float(name string, otherwise float64) float64 {
	v := s.String(name, strconv.FormatFloat(otherwise, 'g', -1, 64))
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n >= 0) || math.IsInf(n, 1) {
		s.refuse(name, v, "a number such as 10, or 0")
	}
	return n
}

// URL is a setting that is the address of a service, without a trailing slash.
func (s *Settings) URL(name, otherwise string) string {
	v := s.String(name, otherwise)
	if !isURL(v) {
		s.refuse(name, v, "an address such as "+otherwise)
	}
	return strings.TrimRight(v, "/")
}

// SecretURL is a setting that is an address whose path is a token, or empty. No error shows it.
func (s *Settings) SecretURL(name, example string) string {
	v := s.String(name, "")
	if v != "" && !isURL(v) {
		s.refuse(name, "…", "an address such as "+example+", or nothing")
	}
	return v
}

func isURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// Wrong are the settings whose values cannot be used, in the order in which they were read.
func (s *Settings) Wrong() []WrongSetting { return s.refused }

// Err is everything that was wrong, or nil.
func (s *Settings) Err() error {
	var errs []error
	for _, w := range s.refused {
		errs = append(errs, &Misconfigured{&w})
	}
	return errors.Join(errs...)
}

func (s *Settings) refuse(name, value, want string) {
	s.refused = append(s.refused, WrongSetting{name, value, want})
}

// Secrets is where the platform mounts the function's secrets.
func (s *Settings) Secrets() Secrets {
	return Secrets{Dir: s.String("secret_mount_path", defaultSecrets), kept: new(files)}
}
