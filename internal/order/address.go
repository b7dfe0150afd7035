package order

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxAddress is the most bytes of an e-mail address (RFC 5321, 4.5.3.1).
	maxAddress = 254
	// maxName is the most characters of a name beside one.
	maxName = 200
)

// AddressForm says in an error message what ParseAddress takes.
const AddressForm = "an e-mail address in ASCII, alone or as Name <address>"

// Address is a mailbox.
type Address struct {
	Email string `bson:"email"`
	Name  string `bson:"name,omitempty"`
}

// ParseAddress reads one mailbox that SendGrid accepts, with or without a name: see AddressForm.
func ParseAddress(text string) (_ Address, ok bool) {
	parsed, err := mail.ParseAddress(text)
	if err != nil || !Sendable(parsed.Address) || utf8.RuneCountInString(parsed.Name) > maxName {
		return Address{}, false
	}
	return Address{Email: parsed.Address, Name: parsed.Name}, true
}

// String is the address as people write it: Ada Example <ada@example.com>.
func (a Address) String() string {
	if a.Name == "" {
		return a.Email
	}
	return a.Name + " <" + a.Email + ">"
}

// Sendable reports whether SendGrid accepts an address: it answers 400 to one that is not ASCII.
func Sendable(address string) bool {
	return IsAddress(address) && !strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII })
}

// IsAddress reports whether a text is an e-mail address alone, without a name.
func IsAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text && len(text) <= maxAddress && strings.Contains(text[strings.LastIndex(text, "@"):], ".")
}
