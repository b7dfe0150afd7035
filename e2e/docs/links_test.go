package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)|<img src="([^"]+)"|(?m)^\[[^\]]+\]: (\S+)$`)
	// code is not searched for links: blocks between fences, and spans between backticks.
	code    = regexp.MustCompile("(?ms)^ *```.*?^ *```$|`[^`\n]+`")
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// dropped is what GitHub leaves out of a heading's anchor.
	dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// TestLinks follows every link of the Markdown files inside the repository: its file exists, and
// has the heading that the link names.
func TestLinks(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "*.md")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for page := range strings.FieldsSeq(string(out)) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, filepath.Join(root, page)), ""), -1) {
			target := m[1] + m[2] + m[3]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "../../actions/") { // of GitHub's site
				continue
			}
			followed++
			file, anchor, _ := strings.Cut(target, "#")
			to := page
			if file != "" {
				to = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: %s: %v", page, target, err)
			} else if anchor != "" && !anchors(read(t, filepath.Join(root, to)))[anchor] {
				t.Errorf("%s: %s: no such heading", page, target)
			}
		}
	}
	if followed < 50 {
		t.Errorf("only %d links are found", followed)
	}
}

// anchors are those of a page's headings, as GitHub makes them.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		found[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return found
}
