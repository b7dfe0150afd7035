package process

import (
	"bufio"
	"bytes"
	"io"
)

// MaxLine is the longest line that is kept whole, as on faasd; the rest of a longer one is dropped.
const MaxLine = 64 * 1024

// readLines hands on each line until the end, and a last one that lacks its newline. Unlike a
// bufio.Scanner it never gives up on a long line, which would block the writer for good.
func readLines(r io.Reader, line func(string)) {
	reader := bufio.NewReaderSize(r, 4096)
	var text []byte
	for {
		part, err := reader.ReadSlice('\n')
		text = append(text, part[:min(len(part), MaxLine+1-len(text))]...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err == nil || len(text) > 0 {
			text = bytes.TrimSuffix(text, []byte("\n"))
			line(string(text[:min(len(text), MaxLine)]))
		}
		if err != nil {
			return
		}
		text = text[:0]
	}
}
