package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
)

// preview is an e-mail in a page.
type preview struct {
	rendering
	Look     look
	Controls []control
	// Frame is the address of the HTML. It changes with it, so that a frame is loaded anew when it
	// must be.
	Frame string
	// UnknownID is said where no template has it.
	UnknownID string
	Folder    string
	// Stale: what is shown is what the template made before it, or its data, had a mistake.
	Stale bool
	// Subjectless: the subject stands elsewhere in the page.
	Subjectless bool
}

// newPreview is of what the API has at base, for a page at path.
func (i *Inbox) newPreview(r rendering, path, base string, rest url.Values, l look) preview {
	sum := sha256.Sum256([]byte(r.HTML))
	q := with(with(rest, "colours", l.Colours), "v", hex.EncodeToString(sum[:6]))
	return preview{
		rendering: r, Look: l, Controls: l.controls(path, rest), Frame: base + "/html?" + q.Encode(), Folder: i.folder.path,
	}
}

// Problems are what keeps the e-mail from being shown.
func (p preview) Problems() []problem { return p.problems }

// Shown reports whether there is an e-mail to be seen.
func (p preview) Shown() bool { return p.err == nil || p.Stale }

// Wrong reports whether a mistake keeps the e-mail from being rendered.
func (p preview) Wrong() bool { return p.err != nil && len(p.problems) > 0 }

// WrongData reports whether that mistake is in the template data.
func (p preview) WrongData() bool { return errors.Is(p.err, errData) }
