package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2conn is an HTTP/2 connection that carries one request at a time: a polite
// visitor needs no more, and the head stays as the server sent it.
type h2conn struct {
	nc     net.Conn
	fr     *http2.Framer
	enc    *hpack.Encoder
	encBuf bytes.Buffer
	dec    *hpack.Decoder
	fields []hpack.HeaderField
	size   int // of the header block being read

	started bool
	next    uint32
	gone    bool // GOAWAY: no further request

	sendConn   int64 // flow control windows towards the server
	sendStream int64
	initial    int64
	maxFrame   int
	owed       int // received, not yet given back to the connection's window
	owedStream int
	noise      int // frames that brought nothing
}

const (
	h2StreamWindow = 1 << 20
	h2ConnWindow   = 4 << 20
	h2Noise        = 2000
)

func newH2(nc net.Conn) *h2conn {
	h := &h2conn{nc: nc, next: 1, sendConn: 65535, initial: 65535, maxFrame: 16384}
	h.fr = http2.NewFramer(nc, nc)
	h.fr.SetMaxReadFrameSize(16384)
	h.enc = hpack.NewEncoder(&h.encBuf)
	h.dec = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if h.size += int(f.Size()); h.size <= maxHead {
			h.fields = append(h.fields, f)
		}
	})
	h.dec.SetMaxStringLength(maxHead)
	return h
}

func (h *h2conn) begin() error {
	if h.started {
		return nil
	}
	h.started = true
	if _, err := io.WriteString(h.nc, http2.ClientPreface); err != nil {
		return err
	}
	if err := h.fr.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: h2StreamWindow},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: maxHead},
	); err != nil {
		return err
	}
	return h.fr.WriteWindowUpdate(0, h2ConnWindow-65535)
}

func (h *h2conn) roundTrip(r *Request, hd http.Header) (*answer, error) {
	if h.gone {
		return nil, &staleError{errors.New("the server takes no further request on this connection")}
	}
	if err := h.begin(); err != nil {
		return nil, &staleError{err}
	}
	id := h.next
	h.next += 2
	h.sendStream, h.noise, h.owedStream = h.initial, 0, 0
	s := &h2stream{h: h, id: id}
	if err := h.writeHead(id, r, hd); err != nil {
		return nil, &staleError{err}
	}
	if err := h.writeBody(s, r.Body); err != nil {
		return nil, err
	}
	for !s.headed {
		if err := h.read(s); err != nil {
			if !s.any {
				return nil, &staleError{err}
			}
			return nil, err
		}
	}
	a := &answer{head: s.head, at: time.Now()}
	a.length = -1
	if v := a.header.Get("Content-Length"); v != "" {
		if n, err := strconv.ParseInt(v, 10, 63); err == nil && n >= 0 {
			a.length = n
		}
	}
	if bodyless(r.Method, a.status) {
		a.length = 0
		a.body = bytes.NewReader(nil)
		a.whole = s.ended
	} else {
		a.body = s
		a.whole = true
	}
	return a, nil
}

func (h *h2conn) writeHead(id uint32, r *Request, hd http.Header) error {
	h.encBuf.Reset()
	put := func(k, v string) { _ = h.enc.WriteField(hpack.HeaderField{Name: k, Value: cleanValue(v)}) }
	put(":method", r.Method)
	put(":authority", hostOf(r))
	put(":scheme", strings.ToLower(r.URL.Scheme))
	put(":path", requestTarget(r))
	for _, k := range slices.Sorted(maps.Keys(hd)) {
		switch k {
		case "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Keep-Alive", "Proxy-Connection", "Te":
			continue
		}
		if !validToken(k) {
			continue
		}
		for _, v := range hd[k] {
			put(strings.ToLower(k), v)
		}
	}
	if len(r.Body) > 0 {
		put("content-length", strconv.Itoa(len(r.Body)))
	}
	block := h.encBuf.Bytes()
	for first := true; first || len(block) > 0; first = false {
		part := block[:min(len(block), h.maxFrame)]
		block = block[len(part):]
		var err error
		if first {
			err = h.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: part, EndStream: len(r.Body) == 0, EndHeaders: len(block) == 0})
		} else {
			err = h.fr.WriteContinuation(id, len(block) == 0, part)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *h2conn) writeBody(s *h2stream, body []byte) error {
	for len(body) > 0 {
		n := min(int64(len(body)), int64(h.maxFrame), h.sendConn, h.sendStream)
		if n <= 0 {
			if err := h.read(s); err != nil {
				return err
			}
			if s.ended {
				return nil
			}
			continue
		}
		if err := h.fr.WriteData(s.id, n == int64(len(body)), body[:n]); err != nil {
			return err
		}
		body = body[n:]
		h.sendConn -= n
		h.sendStream -= n
	}
	return nil
}

// h2stream is the answer to one request; as a Reader it is the body.
type h2stream struct {
	h      *h2conn
	id     uint32
	head   head
	any    bool // a frame of this stream arrived
	headed bool
	ended  bool
	buf    []byte // received and not yet read, from off on
	off    int
}

// Read gives the body, reading frames as needed.
func (s *h2stream) Read(b []byte) (int, error) {
	for len(s.buf) == s.off {
		s.buf, s.off = s.buf[:0], 0
		if s.ended {
			return 0, io.EOF
		}
		if err := s.h.read(s); err != nil {
			return 0, err
		}
	}
	n := copy(b, s.buf[s.off:])
	s.off += n
	return n, nil
}

// read takes one frame and acts on it.
func (h *h2conn) read(s *h2stream) error {
	f, err := h.fr.ReadFrame()
	if err != nil {
		var ce http2.ConnectionError
		if errors.As(err, &ce) || errors.Is(err, http2.ErrFrameTooLarge) {
			return fmt.Errorf("%w: %w", ErrProtocol, err)
		}
		return err
	}
	if h.noise++; h.noise > h2Noise {
		return fmt.Errorf("too many frames without content: %w", ErrProtocol)
	}
	mine := f.Header().StreamID == s.id
	s.any = s.any || mine
	switch f := f.(type) {
	case *http2.HeadersFrame:
		return h.headers(s, f, mine)
	case *http2.DataFrame:
		return h.data(s, f, mine)
	case *http2.SettingsFrame:
		return h.settings(f)
	case *http2.PingFrame:
		if !f.IsAck() {
			return h.fr.WritePing(true, f.Data)
		}
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			h.sendConn += int64(f.Increment)
		} else if mine {
			h.sendStream += int64(f.Increment)
		}
	case *http2.RSTStreamFrame:
		if mine {
			s.ended = true
			if f.ErrCode == http2.ErrCodeNo && s.headed {
				return nil
			}
			if f.ErrCode == http2.ErrCodeRefusedStream {
				return &staleError{fmt.Errorf("stream refused: %w", ErrReset)}
			}
			return fmt.Errorf("stream reset (%s): %w", f.ErrCode, ErrReset)
		}
	case *http2.GoAwayFrame:
		h.gone = true
		if f.LastStreamID < s.id {
			return &staleError{fmt.Errorf("connection ended (%s): %w", f.ErrCode, ErrReset)}
		}
	case *http2.PushPromiseFrame:
		return fmt.Errorf("a push that was declined: %w", ErrProtocol)
	}
	return nil
}

// headers reads a header block with its continuations. Blocks of other
// streams are decoded too, because they change the table.
func (h *h2conn) headers(s *h2stream, f *http2.HeadersFrame, mine bool) error {
	h.fields, h.size = h.fields[:0], 0
	frag, ended, total := f.HeaderBlockFragment(), f.HeadersEnded(), 0
	end := f.StreamEnded()
	for {
		if total += len(frag); total > maxHead {
			return fmt.Errorf("head longer than %d KiB: %w", maxHead>>10, ErrProtocol)
		}
		if _, err := h.dec.Write(frag); err != nil {
			return fmt.Errorf("header block: %w: %w", ErrProtocol, err)
		}
		if ended {
			break
		}
		next, err := h.fr.ReadFrame()
		if err != nil {
			return err
		}
		c, ok := next.(*http2.ContinuationFrame)
		if !ok {
			return fmt.Errorf("header block without its end: %w", ErrProtocol)
		}
		frag, ended = c.HeaderBlockFragment(), c.HeadersEnded()
		if h.noise++; h.noise > h2Noise {
			return fmt.Errorf("too many continuations: %w", ErrProtocol)
		}
	}
	if err := h.dec.Close(); err != nil {
		return fmt.Errorf("header block: %w: %w", ErrProtocol, err)
	}
	if h.size > maxHead {
		return fmt.Errorf("head longer than %d KiB: %w", maxHead>>10, ErrProtocol)
	}
	if !mine {
		return nil
	}
	s.ended = s.ended || end
	if s.headed {
		return nil // trailers
	}
	return s.takeHead(h.fields)
}

// takeHead writes the fields in HTTP/1.1 form, in the order received.
func (s *h2stream) takeHead(fields []hpack.HeaderField) error {
	hd := head{proto: "HTTP/2.0", header: http.Header{}}
	var lines bytes.Buffer
	for _, f := range fields {
		if f.Name == ":status" {
			n, err := strconv.Atoi(f.Value)
			if err != nil || n < 100 || n > 999 {
				return fmt.Errorf("status %q: %w", f.Value, ErrProtocol)
			}
			hd.status = n
			continue
		}
		if strings.HasPrefix(f.Name, ":") {
			continue
		}
		v := cleanValue(f.Value)
		fmt.Fprintf(&lines, "%s: %s\r\n", cleanValue(f.Name), v)
		k := http.CanonicalHeaderKey(f.Name)
		hd.header[k] = append(hd.header[k], v)
	}
	if hd.status == 0 {
		return fmt.Errorf("no status: %w", ErrProtocol)
	}
	if hd.status < 200 {
		return nil
	}
	hd.raw = bytes.Clone(fmt.Appendf(nil, "HTTP/2.0 %d %s\r\n%s\r\n", hd.status, http.StatusText(hd.status), lines.Bytes()))
	s.head, s.headed = hd, true
	return nil
}

func (h *h2conn) data(s *h2stream, f *http2.DataFrame, mine bool) error {
	n := int(f.Length)
	h.owed += n
	if h.owed >= h2ConnWindow/2 {
		if err := h.fr.WriteWindowUpdate(0, uint32(h.owed)); err != nil {
			return err
		}
		h.owed = 0
	}
	if !mine {
		return nil
	}
	if !s.headed {
		return fmt.Errorf("body before head: %w", ErrProtocol)
	}
	if len(f.Data()) > 0 {
		h.noise = 0
	}
	if s.buf = append(s.buf, f.Data()...); len(s.buf) > h2ConnWindow {
		return fmt.Errorf("more than the window allows: %w", ErrProtocol)
	}
	if s.ended = f.StreamEnded(); s.ended {
		return nil
	}
	if h.owedStream += n; h.owedStream >= h2StreamWindow/2 {
		if err := h.fr.WriteWindowUpdate(s.id, uint32(h.owedStream)); err != nil {
			return err
		}
		h.owedStream = 0
	}
	return nil
}

func (h *h2conn) settings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	if err := f.ForeachSetting(func(s http2.Setting) error {
		switch s.ID {
		case http2.SettingInitialWindowSize:
			h.sendStream += int64(s.Val) - h.initial
			h.initial = int64(s.Val)
		case http2.SettingMaxFrameSize:
			h.maxFrame = int(min(max(s.Val, 16384), 1<<20))
		case http2.SettingHeaderTableSize:
			h.enc.SetMaxDynamicTableSize(min(s.Val, 4096))
		}
		return nil
	}); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return h.fr.WriteSettingsAck()
}
