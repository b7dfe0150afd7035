package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
)

// maxRenderings is how many renderings are kept; older ones make room. One of them is some 50 kB.
const maxRenderings = 64

// renderings are e-mails that were rendered of templates lately. A page's frame loads one by its
// ID, and the last one of a template stays in view while the template or its data has a mistake.
// The zero value is empty.
type renderings struct {
	mu   sync.Mutex
	kept []keptRendering // the newest last
}

type keptRendering struct {
	id string
	rendering
}

// keep gives the ID of a rendering, which is the same for the same e-mail.
func (k *renderings) keep(r rendering) string {
	sum := sha256.Sum256([]byte(r.Template + "\x00" + r.Subject + "\x00" + r.HTML + "\x00" + r.Text))
	id := hex.EncodeToString(sum[:8])
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = slices.DeleteFunc(k.kept, func(old keptRendering) bool { return old.id == id })
	k.kept = append(k.kept, keptRendering{id, r})
	k.kept = slices.Delete(k.kept, 0, max(0, len(k.kept)-maxRenderings))
	return id
}

// get is the rendering of an ID.
func (k *renderings) get(id string) (rendering, bool) {
	return k.last(func(r keptRendering) bool { return r.id == id })
}

// lastOf is the newest rendering of a template.
func (k *renderings) lastOf(template string) (rendering, bool) {
	return k.last(func(r keptRendering) bool { return r.Template == template })
}

func (k *renderings) last(is func(keptRendering) bool) (rendering, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range slices.Backward(k.kept) {
		if is(r) {
			return r.rendering, true
		}
	}
	return rendering{}, false
}
