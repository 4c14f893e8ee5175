package tls

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// Bounds on what a server may make us read for one hello.
const (
	maxAnswer  = 256 << 10
	maxMessage = 128 << 10
	maxChain   = 16
)

// answer is what a server said to one hello, as far as the first flight shows it.
type answer struct {
	spoke       bool // a ServerHello came
	version     uint16
	suite       uint16
	compression byte
	secureReneg bool
	heartbeat   bool
	alpn        string
	chain       [][]byte
	dhBits      int
	group       uint16
	alert       byte // description of a fatal alert, 0 when none came
	silent      bool // the time ran out
	err         error
}

var errNotTLS = errors.New("the answer is not TLS")

// readAnswer reads records until the server's first flight ends, an alert
// comes, or the connection ends. It never fails: what cannot be read is left out.
func readAnswer(r io.Reader) *answer {
	a := &answer{}
	var buf []byte
	head := make([]byte, 5)
	for total := 0; total < maxAnswer; {
		if _, err := io.ReadFull(r, head); err != nil {
			a.end(err)
			return a
		}
		n := int(binary.BigEndian.Uint16(head[3:]))
		if head[1] != 3 || n == 0 || n > 1<<14+2048 {
			a.end(errNotTLS)
			return a
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(r, data); err != nil {
			a.end(err)
			return a
		}
		total += 5 + n
		switch head[0] {
		case 21:
			if len(data) >= 2 && (data[0] == 2 || data[1] == 0) { // warnings such as unrecognized_name go on
				a.alert = data[1]
				if !a.spoke && a.alert == 0 {
					a.end(io.EOF)
				}
				return a
			}
		case 22:
			buf = append(buf, data...)
			var done bool
			if buf, done = a.messages(buf); done || a.err != nil {
				return a
			}
		case 20, 23: // encrypted from here on
			return a
		default:
			a.end(errNotTLS)
			return a
		}
	}
	return a
}

func (a *answer) end(err error) {
	var t interface{ Timeout() bool }
	a.silent = errors.As(err, &t) && t.Timeout()
	if a.err == nil {
		a.err = err
	}
}

// messages takes whole handshake messages off buf and says whether the flight is over.
func (a *answer) messages(buf []byte) ([]byte, bool) {
	for len(buf) >= 4 {
		n := int(buf[1])<<16 | int(buf[2])<<8 | int(buf[3])
		if n > maxMessage {
			a.err = errNotTLS
			return nil, true
		}
		if len(buf) < 4+n {
			break
		}
		kind, body := buf[0], buf[4:4+n]
		buf = buf[4+n:]
		if kind != 2 && kind != 0 && !a.spoke {
			a.err = errNotTLS
			return nil, true
		}
		switch kind {
		case 2:
			if err := a.serverHello(body); err != nil {
				a.err = err
				return nil, true
			}
			if a.version == tls13 {
				return nil, true
			}
		case 11:
			a.chain = readChain(body)
		case 12:
			a.keyExchange(body)
		case 14:
			return nil, true
		}
	}
	return buf, false
}

// reader takes fields off a message; after the first one that is too short all are empty.
type reader struct {
	b  []byte
	ok bool
}

func (r *reader) take(n int) []byte {
	if !r.ok || n > len(r.b) {
		r.ok = false
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) num(n int) int {
	v := 0
	for _, c := range r.take(n) {
		v = v<<8 | int(c)
	}
	return v
}

func (r *reader) vec(n int) []byte { return r.take(r.num(n)) }

func (a *answer) serverHello(body []byte) error {
	r := &reader{body, true}
	version := uint16(r.num(2))
	r.take(32)
	r.vec(1)
	suite, compression := uint16(r.num(2)), byte(r.num(1))
	if !r.ok || version < ssl3 || version > tls12 {
		return fmt.Errorf("server hello: %w", errNotTLS)
	}
	a.spoke, a.version, a.suite, a.compression = true, version, suite, compression
	if len(r.b) == 0 {
		return nil
	}
	ext := &reader{r.vec(2), true}
	for ext.ok && len(ext.b) >= 4 {
		id, data := ext.num(2), &reader{nil, true}
		data.b = ext.vec(2)
		switch id {
		case 15:
			a.heartbeat = true
		case 16:
			list := &reader{data.vec(2), true}
			a.alpn = string(list.vec(1))
		case 43:
			if v := uint16(data.num(2)); data.ok {
				a.version = v
			}
		case 0xff01:
			a.secureReneg = true
		}
	}
	return nil
}

func readChain(body []byte) [][]byte {
	r := &reader{body, true}
	list := &reader{r.vec(3), true}
	var out [][]byte
	for len(list.b) > 0 && len(out) < maxChain {
		der := list.vec(3)
		if !list.ok {
			break
		}
		out = append(out, append([]byte(nil), der...))
	}
	return out
}

// keyExchange reads the size of the group that the server chose. RSA_EXPORT
// sends a short RSA key here; its class says enough.
func (a *answer) keyExchange(body []byte) {
	r := &reader{body, true}
	switch s := suites[a.suite]; {
	case s.kx == kxDHE:
		p := r.vec(2)
		if r.ok {
			a.dhBits = new(big.Int).SetBytes(p).BitLen()
		}
	case s.kx == kxECDHE:
		if r.num(1) == 3 {
			a.group = uint16(r.num(2))
		}
	}
}

// ssl2Answered says whether the first bytes of an answer are a SERVER-HELLO of SSL 2.0.
func ssl2Answered(b []byte) bool {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return false
	}
	return b[2] == 4 && b[5] == 0 && b[6] == 2
}
