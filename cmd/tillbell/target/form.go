package target

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"handler/function/internal/alert"
)

// form is what a secret of a name looks like.
type form struct {
	// what is said of it where it is asked for.
	what string
	// line is the form of each of its lines, and want says it in words.
	line *regexp.Regexp
	want string
	// lines: there may be several, the old one below the new one, while it is rolled.
	lines bool
}

// forms are those of the secrets that Tillbell's functions know. Stripe and SendGrid do not
// document the lengths of their keys, so what is checked is how each begins, and that nothing of it
// is lost or added: no spaces, no quotes.
var forms = map[string]form{
	StripeKey: {"a restricted key that may read Checkout Sessions, Products and Events, rk_…",
		regexp.MustCompile(`^[rs]k_(test|live)_[A-Za-z0-9_]{6,}$`), "a key that begins with rk_live_, rk_test_, sk_live_ or sk_test_", false},
	StripeSigning: {"the signing secret of the webhook endpoint, whsec_…",
		regexp.MustCompile(`^whsec_[A-Za-z0-9+/=_-]{6,}$`), "a secret that begins with whsec_", true},
	SendGridKey: {"a key with Mail Send only, SG.…",
		regexp.MustCompile(`^SG\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`), "a key of three parts with dots between them, SG.….…", false},
	MongoDB: {"the connection string, mongodb+srv://USER:PASSWORD@HOST/",
		regexp.MustCompile(`^mongodb(\+srv)?://\S+$`), "a connection string that begins with mongodb+srv:// or mongodb://", false},
	AlertURL: {"where alerts go beside SendGrid, such as https://ntfy.sh/TOPIC; none turns them off",
		regexp.MustCompile(`^(none|[a-z+]+://\S+)$`), "none, or an address such as https://ntfy.sh/TOPIC", false},
	FunctionsKey: {"any long random text; this command can make one",
		regexp.MustCompile(`^\S{16,}$`), "at least 16 characters without spaces", true},
}

// Describe says what a secret is, for the person who is to give it.
func Describe(secret string) string { return forms[secret].what }

// CheckForm says what is wrong with a secret's form, in words that show nothing of it. A secret
// that is not one of Tillbell's may be anything but empty.
func CheckForm(secret, value string) error {
	value = strings.TrimSpace(value)
	if value == "" {
		return fmt.Errorf("%s is empty", secret)
	}
	f, ours := forms[secret]
	if !ours {
		return nil
	}
	lines := strings.Fields(strings.ReplaceAll(value, "\r", ""))
	if strings.Contains(value, " ") || len(lines) > 1 && !f.lines {
		return fmt.Errorf("%s has spaces or line breaks in it: want %s", secret, f.want)
	}
	for _, line := range lines {
		if !f.line.MatchString(line) {
			return fmt.Errorf("%s has another form: want %s", secret, f.want)
		}
	}
	switch secret {
	case MongoDB:
		return checkConnectionString(value)
	case AlertURL:
		return alert.Check(value)
	}
	return nil
}

// checkConnectionString finds what the driver cannot read, and what Atlas's dialog leaves for the
// owner to fill in. A mongodb+srv name is not looked up: that is the doctor's.
func checkConnectionString(uri string) error {
	if strings.Contains(uri, "<") {
		return errors.New("mongodb-uri still has Atlas's <db_password> in it: put the password there")
	}
	plain := strings.Replace(uri, "mongodb+srv://", "mongodb://", 1)
	if _, err := connstring.ParseAndValidate(plain); err != nil {
		return errors.New("mongodb-uri cannot be read: has the password characters such as @, : or / that must be written as %40, %3A or %2F?")
	}
	return nil
}
