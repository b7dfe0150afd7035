package templates

import (
	"crypto/sha256"
	"encoding/hex"
)

// PlaceholderID stands for the ID of a dynamic template that was never published, such as on the laptop:
// always the same for a template's name (with its language, receipt.fr), and of the form of SendGrid's.
func PlaceholderID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "d-" + hex.EncodeToString(sum[:])[:32]
}
