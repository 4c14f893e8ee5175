package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// maxHead bounds status line and header lines together.
const maxHead = 256 << 10

// headBytes is the head of a request as it leaves: the browser-like order of
// the lines that are always there, then the caller's in alphabetical order.
func headBytes(method, target, host string, h http.Header, bodyLen int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, host)
	done := map[string]bool{"Host": true, "Content-Length": true, "Connection": true, "Transfer-Encoding": true}
	write := func(k string) {
		if done[k] {
			return
		}
		done[k] = true
		for _, v := range h[k] {
			b.WriteString(k)
			b.WriteString(": ")
			b.WriteString(cleanValue(v))
			b.WriteString("\r\n")
		}
	}
	for _, k := range []string{"User-Agent", "Accept", "Accept-Language", "Accept-Encoding", headerName, "From"} {
		write(k)
	}
	for _, k := range slices.Sorted(maps.Keys(h)) {
		if validToken(k) {
			write(k)
		}
	}
	if bodyLen > 0 || method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", bodyLen)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

var lineEnds = strings.NewReplacer("\r", "", "\n", "", "\x00", "")

// cleanValue keeps a value from ending its line.
func cleanValue(v string) string {
	if !strings.ContainsAny(v, "\r\n\x00") {
		return v
	}
	return lineEnds.Replace(v)
}

func validToken(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r) {
			return false
		}
	}
	return true
}

// head is the head of an answer as received and as understood.
type head struct {
	raw    []byte
	proto  string
	status int
	header http.Header
}

// notHTTP says what speaks there instead, so that a person can tell TLS, SSH
// or a mail server from a broken web server.
func notHTTP(raw []byte) error {
	return fmt.Errorf("the answer does not begin like HTTP (it begins %q): %w", raw[:min(len(raw), 8)], ErrProtocol)
}

// readHead reads status line and header lines up to the empty line. It takes
// what browsers take: bare LF, a missing reason, folded lines, lines without a
// colon (kept in raw only). got says whether any byte arrived.
func readHead(br *bufio.Reader) (h *head, got bool, err error) {
	h = &head{header: http.Header{}}
	var raw []byte
	var last string
	for first := true; ; first = false {
		start := len(raw)
		for {
			part, err := br.ReadSlice('\n')
			raw = append(raw, part...)
			if len(raw) > maxHead {
				return nil, true, fmt.Errorf("head longer than %d KiB: %w", maxHead>>10, ErrProtocol)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				if first && len(raw) >= 5 && !bytes.HasPrefix(raw, []byte("HTTP/")) {
					return nil, true, notHTTP(raw)
				}
				if err == io.EOF && len(raw) > 0 {
					err = io.ErrUnexpectedEOF
				}
				return nil, len(raw) > 0, err
			}
			if first && !bytes.HasPrefix(raw, []byte("HTTP/")) {
				return nil, true, notHTTP(raw)
			}
		}
		line := bytes.TrimRight(raw[start:], "\r\n")
		if first {
			if len(line) == 0 && start < 8 { // a stray empty line before the answer
				raw = raw[:0]
				if line, err = firstLine(br, &raw); err != nil {
					return nil, true, err
				}
			}
			if err := h.statusLine(line); err != nil {
				return nil, true, err
			}
			continue
		}
		if len(line) == 0 {
			h.raw = raw
			return h, true, nil
		}
		if (line[0] == ' ' || line[0] == '\t') && last != "" {
			vs := h.header[last]
			vs[len(vs)-1] = strings.TrimSpace(vs[len(vs)-1] + " " + string(bytes.TrimSpace(line)))
			continue
		}
		k, v, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		last = textproto.CanonicalMIMEHeaderKey(string(bytes.TrimRight(k, " \t")))
		h.header[last] = append(h.header[last], string(bytes.TrimSpace(v)))
	}
}

func firstLine(br *bufio.Reader, raw *[]byte) ([]byte, error) {
	for range 4 {
		line, err := br.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if t := bytes.TrimRight(line, "\r\n"); len(t) > 0 {
			*raw = append(*raw, line...)
			return t, nil
		}
	}
	return nil, notHTTP(nil)
}

func (h *head) statusLine(line []byte) error {
	proto, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || !bytes.HasPrefix(proto, []byte("HTTP/")) {
		return notHTTP(line)
	}
	h.proto = string(proto)
	code, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	n, err := strconv.Atoi(string(bytes.TrimSpace(code)))
	if err != nil || n < 100 || n > 999 {
		return fmt.Errorf("status %q: %w", code, ErrProtocol)
	}
	h.status = n
	return nil
}

// bodyless says that no body follows, whatever the head declares.
func bodyless(method string, status int) bool {
	return method == http.MethodHead || status < 200 || status == http.StatusNoContent || status == http.StatusNotModified
}

// framing is how the end of a body is known.
type framing struct {
	body   io.Reader
	length int64 // -1: unknown
	whole  bool  // the connection can be used again once body is at its end
	note   string
}

// frame decides how to read the body. Servers whose lengths contradict each
// other are read up to the smallest and not asked again on this connection.
func (h *head) frame(br *bufio.Reader, method string) framing {
	keep := h.proto != "HTTP/1.0" && h.proto != "HTTP/0.9" || tokenIn(h.header["Connection"], "keep-alive")
	keep = keep && !tokenIn(h.header["Connection"], "close")
	if bodyless(method, h.status) {
		return framing{body: bytes.NewReader(nil), whole: keep}
	}
	if tokenIn(h.header["Transfer-Encoding"], "chunked") {
		return framing{body: &chunks{br: br}, length: -1, whole: keep && len(h.header["Content-Length"]) == 0}
	}
	var lengths []int64
	for _, v := range h.header["Content-Length"] {
		for s := range strings.SplitSeq(v, ",") {
			n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
			if err != nil {
				return framing{body: br, length: -1, note: fmt.Sprintf("Content-Length %q is not a number", v)}
			}
			lengths = append(lengths, int64(n))
		}
	}
	if len(lengths) == 0 {
		return framing{body: br, length: -1}
	}
	n := slices.Min(lengths)
	f := framing{body: &exactly{r: br, left: n}, length: n, whole: keep}
	if n != slices.Max(lengths) {
		f.whole, f.note = false, "several Content-Length that differ"
	}
	return f
}

func tokenIn(values []string, token string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// exactly reads left bytes and calls an early end by its name.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	if int64(len(b)) > e.left {
		b = b[:e.left]
	}
	n, err := e.r.Read(b)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		return n, fmt.Errorf("%d bytes fewer than Content-Length says: %w", e.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

// chunks reads a chunked body: bare LF, extensions and trailers are taken.
type chunks struct {
	br   *bufio.Reader
	left int64
	done bool
	tail int // bytes of trailers read
}

func (c *chunks) Read(b []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.done {
			return 0, io.EOF
		}
	}
	if int64(len(b)) > c.left {
		b = b[:c.left]
	}
	n, err := c.br.Read(b)
	c.left -= int64(n)
	if err == io.EOF {
		return n, fmt.Errorf("chunked body ends early: %w", io.ErrUnexpectedEOF)
	}
	if c.left == 0 && err == nil {
		if line, err := c.line(); err != nil || line != "" {
			return n, fmt.Errorf("chunk is longer than it says: %w", errors.Join(ErrProtocol, err))
		}
	}
	return n, err
}

func (c *chunks) next() error {
	line, err := c.line()
	if err != nil {
		return fmt.Errorf("chunked body ends early: %w", err)
	}
	size, _, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 62)
	if err != nil {
		return fmt.Errorf("chunk size %.20q: %w", line, ErrProtocol)
	}
	if c.left = int64(n); n > 0 {
		return nil
	}
	c.done = true
	for {
		line, err := c.line()
		if c.tail += len(line) + 2; err != nil || line == "" || c.tail > 16<<10 {
			return nil // trailers carry nothing that is judged
		}
	}
}

func (c *chunks) line() (string, error) {
	b, err := c.br.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			err = ErrProtocol
		} else if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return "", err
	}
	return string(bytes.TrimRight(b, "\r\n")), nil
}
