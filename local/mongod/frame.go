package mongod

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A journal or snapshot file is a magic line and then frames. A frame is one write to the file and
// one fsync:
//
//	magic "TBF1" · payload length uint32 · sequence number uint64 · CRC32C of the payload uint32 · CRC32C of those 20 bytes uint32
//	payload: BSON documents, one after another
//
// All that is in one frame is answered after its fsync, and the next frame is written after that.
// So only the last frame of a file can be half-written, and it holds nothing that anyone was
// promised; damage anywhere else is damage to promises.
const (
	frameMagic   = "TBF1"
	headerBytes  = 24
	journalMagic = "tillbell journal 1\n"
	snapMagic    = "tillbell snapshot 1\n"
)

func castagnoli(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// sealFrame fills in the header of frame, whose first headerBytes were left free for it.
func sealFrame(frame []byte, seq uint64) {
	payload := frame[headerBytes:]
	copy(frame, frameMagic)
	binary.LittleEndian.PutUint32(frame[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint64(frame[8:], seq)
	binary.LittleEndian.PutUint32(frame[16:], castagnoli(payload))
	binary.LittleEndian.PutUint32(frame[20:], castagnoli(frame[:20]))
}

func validHeader(h []byte) bool {
	return len(h) >= headerBytes && string(h[:4]) == frameMagic &&
		binary.LittleEndian.Uint32(h[20:]) == castagnoli(h[:20])
}

// damage is a frame that cannot be read. It is torn if it is the last of its file and so may be cut
// off.
type damage struct {
	path   string
	offset int64
	reason string
	torn   bool
}

func (d *damage) Error() string {
	return fmt.Sprintf("%s is damaged at offset %d: %s", d.path, d.offset, d.reason)
}

// frameReader reads the frames of a file in turn.
type frameReader struct {
	f      *os.File
	r      *bufio.Reader
	size   int64
	offset int64  // of the next frame
	seq    uint64 // of the last frame that was read
}

func openFrames(path, magic string, seq uint64) (*frameReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	fr := &frameReader{f: f, r: bufio.NewReaderSize(f, 1<<20), size: info.Size(), seq: seq}
	head := make([]byte, len(magic))
	n, err := io.ReadFull(fr.r, head)
	if err != nil || string(head) != magic {
		f.Close()
		// A process that died as it made the file left a beginning of the magic line, or nothing.
		torn := fr.size < int64(len(magic)) && magic[:n] == string(head[:n])
		return nil, &damage{path: path, reason: "it does not begin like one of our files", torn: torn}
	}
	fr.offset = int64(len(magic))
	return fr, nil
}

// next returns the payload of the next frame, io.EOF after the last one, or a *damage.
func (fr *frameReader) next() ([]byte, error) {
	header := make([]byte, headerBytes)
	n, err := io.ReadFull(fr.r, header)
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fr.damaged(fmt.Sprintf("only %d bytes of a frame's header", n), true)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", fr.f.Name(), err)
	case !validHeader(header):
		return nil, fr.unreadableHeader()
	}
	length := int64(binary.LittleEndian.Uint32(header[4:]))
	seq := binary.LittleEndian.Uint64(header[8:])
	end := fr.offset + headerBytes + length
	if seq != fr.seq+1 {
		return nil, fr.damaged(fmt.Sprintf("frame %d follows frame %d", seq, fr.seq), false)
	}
	if end > fr.size {
		return nil, fr.damaged(fmt.Sprintf("%d bytes of the frame are missing", end-fr.size), true)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(fr.r, payload); err != nil {
		return nil, fmt.Errorf("read %s: %w", fr.f.Name(), err)
	}
	if castagnoli(payload) != binary.LittleEndian.Uint32(header[16:]) {
		return nil, fr.damaged("the checksum is wrong", end == fr.size)
	}
	fr.offset, fr.seq = end, seq
	return payload, nil
}

func (fr *frameReader) damaged(reason string, torn bool) error {
	return &damage{path: fr.f.Name(), offset: fr.offset, reason: reason, torn: torn}
}

// unreadableHeader looks for a whole frame further on: if there is one, this was not the last one.
func (fr *frameReader) unreadableHeader() error {
	rest := make([]byte, fr.size-fr.offset)
	if _, err := fr.f.ReadAt(rest, fr.offset); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", fr.f.Name(), err)
	}
	for at := 1; at < len(rest); at++ {
		i := bytes.Index(rest[at:], []byte(frameMagic))
		if i < 0 {
			break
		}
		at += i
		if validHeader(rest[at:]) {
			return fr.damaged(fmt.Sprintf("unreadable frame header, and an intact frame follows at offset %d", fr.offset+int64(at)), false)
		}
	}
	return fr.damaged("unreadable frame header", true)
}

func (fr *frameReader) close() { fr.f.Close() }
