package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Bounds of decoding. A page compresses some ten to fifty times; what swells
// more than two hundredfold beyond the first MiB is made to hurt.
const (
	maxCodings  = 3
	bombRatio   = 200
	bombFloor   = 1 << 20
	stageExcess = 4 // a stage between two codings may put out this many times the cap
)

var errBomb = errors.New("compression bomb")

// decoded tells how reading a body ended.
type decoded struct {
	encodings []string
	truncated bool // the cap was reached
	drained   bool // the transfer was read to its end
	err       error
}

var readBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// decodeBody reads at most limit decoded bytes. Encodings that lie are taken
// for what they are: bytes that are not gzip stay as they came.
func decodeBody(r io.Reader, declared []string, limit int64) ([]byte, decoded) {
	var d decoded
	for _, v := range declared {
		for e := range strings.SplitSeq(v, ",") {
			if e = strings.ToLower(strings.TrimSpace(e)); e != "" && e != "identity" {
				d.encodings = append(d.encodings, e)
			}
		}
	}
	if len(d.encodings) > maxCodings {
		d.err = fmt.Errorf("%d content encodings: %w", len(d.encodings), errBomb)
		return nil, d
	}
	raw := &tally{r: r}
	var src io.Reader = raw
	for i := len(d.encodings) - 1; i >= 0; i-- {
		if i < len(d.encodings)-1 {
			src = &stage{r: src, left: stageExcess * limit}
		}
		src = decoder(d.encodings[i], src)
	}
	var buf bytes.Buffer
	in := *readBuffers.Get().(*[]byte)
	defer readBuffers.Put(&in)
	for {
		n, err := src.Read(in)
		room := limit - int64(buf.Len())
		if int64(n) > room {
			buf.Write(in[:room])
			d.truncated = true
			break
		}
		buf.Write(in[:n])
		if int64(buf.Len()) > bombFloor && int64(buf.Len()) > bombRatio*raw.n {
			d.err = errBomb
			break
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			d.err = err
			break
		}
	}
	if c, ok := src.(io.Closer); ok {
		c.Close()
	}
	if d.err == nil && !d.truncated {
		d.drained = raw.eof || drain(raw)
	}
	body := buf.Bytes()
	if len(body) < cap(body)*3/4 { // answers are kept for long, the room to grow is not
		body = bytes.Clone(body)
	}
	return body, d
}

// drain reads what a decoder left behind, if it is little.
func drain(r *tally) bool {
	n, err := io.CopyN(io.Discard, r, 4<<10)
	return n < 4<<10 && err == io.EOF
}

// tally counts what passes and remembers the end.
type tally struct {
	r   io.Reader
	n   int64
	eof bool
}

func (t *tally) Read(b []byte) (int, error) {
	n, err := t.r.Read(b)
	t.n += int64(n)
	t.eof = t.eof || err == io.EOF
	return n, err
}

// stage bounds what one decoder feeds to the next.
type stage struct {
	r    io.Reader
	left int64
}

func (s *stage) Read(b []byte) (int, error) {
	if s.left <= 0 {
		return 0, errBomb
	}
	if int64(len(b)) > s.left {
		b = b[:s.left]
	}
	n, err := s.r.Read(b)
	s.left -= int64(n)
	return n, err
}

// decoder is made when the first bytes are there, because they decide.
func decoder(encoding string, r io.Reader) io.Reader {
	return &lazy{encoding: encoding, br: bufio.NewReaderSize(r, 4096)}
}

type lazy struct {
	encoding string
	br       *bufio.Reader
	dec      io.Reader
	close    func()
	out      int64
	head     []byte // the first raw bytes, in case they are not what they claim to be
}

func (l *lazy) Read(b []byte) (int, error) {
	if l.dec == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.dec.Read(b)
	l.out += int64(n)
	if err != nil && err != io.EOF && l.out == 0 && l.head != nil && !fromBelow(err) {
		l.dec = io.MultiReader(bytes.NewReader(l.head), l.br)
		l.head = nil
		return l.dec.Read(b)
	}
	if n > 0 {
		l.head = nil
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", l.encoding, err)
	}
	return n, err
}

// fromBelow says that err is the transfer's, not the decoder's.
func fromBelow(err error) bool {
	return errors.Is(err, errBomb) || errors.Is(err, errSlow) || kindOf(err) == "timeout" || errors.Is(err, ErrBudget) || errors.Is(err, ErrStopped)
}

// Close frees what the decoder holds.
func (l *lazy) Close() error {
	if l.close != nil {
		l.close()
	}
	return nil
}

func (l *lazy) open() error {
	first, err := l.br.Peek(4)
	if len(first) == 0 {
		return err
	}
	is := func(magic string) bool { return bytes.HasPrefix(first, []byte(magic)) }
	switch l.encoding {
	case "gzip", "x-gzip":
		if is("\x1f\x8b") {
			l.dec, err = gzip.NewReader(l.br)
			return err
		}
	case "deflate":
		if first[0]&0x0f == 8 && len(first) > 1 && (int(first[0])<<8|int(first[1]))%31 == 0 {
			if l.dec, err = zlib.NewReader(l.br); err == nil {
				return nil
			}
			return err
		}
		l.keepHead()
		l.dec = flate.NewReader(io.MultiReader(bytes.NewReader(l.head), l.br))
		return nil
	case "br":
		l.keepHead()
		l.dec = brotli.NewReader(io.MultiReader(bytes.NewReader(l.head), l.br))
		return nil
	case "zstd":
		if is("\x28\xb5\x2f\xfd") || len(first) == 4 && first[0]&0xf0 == 0x50 && is(string([]byte{first[0], 0x2a, 0x4d, 0x18})) {
			z, err := zstd.NewReader(l.br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(64<<20))
			if err != nil {
				return err
			}
			l.dec, l.close = z, z.Close
			return nil
		}
	}
	l.dec = l.br
	return nil
}

// keepHead takes the bytes that are already here aside, up to a buffer's size.
func (l *lazy) keepHead() {
	b, _ := l.br.Peek(l.br.Buffered())
	l.head = append([]byte{}, b...)
	_, _ = l.br.Discard(len(b))
}
