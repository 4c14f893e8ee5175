package tlstest

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
)

// raw is a server that answers hellos as far as ServerHelloDone: what no
// library offers any more can be planted in it.
type raw struct {
	versions []uint16
	suites   []uint16 // by preference
	chain    [][]byte
	groups   []uint16 // of ECDHE, by preference; empty means P-256
	dhBits   int
	ssl2     bool // answers the hello of SSL 2.0
	compress bool // takes DEFLATE
	noReneg  bool // knows nothing of RFC 5746
	short    bool // hangs up on hellos with extensions
	echo     bool // takes the first suite offered, whatever it is
	same     bool // answers with its first suite, whatever is offered
	split    int  // bytes a record
}

// clientHello is what raw reads of a hello.
type clientHello struct {
	version            uint16
	suites, groups     []uint16
	deflate, extended  bool
	reneg, onlyVersion bool // onlyVersion: supported_versions without TLS 1.2
}

func (r *raw) serve(c net.Conn) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(c, head); err != nil {
		return
	}
	if head[0]&0x80 != 0 {
		if r.ssl2 {
			body := append([]byte{4, 0, 1, 0, 2, 0, 4, 0, 3, 0, 16}, append(make([]byte, 4), 1, 0, 0x80)...)
			body = append(body, make([]byte, 16)...)
			_, _ = c.Write(append([]byte{0x80, byte(len(body))}, body...))
			linger(c)
		}
		return
	}
	data := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(c, data); err != nil || head[0] != 22 || len(data) < 44 {
		return
	}
	h := readHello(data[4:])
	if h == nil || r.short && h.extended {
		return
	}
	_, _ = c.Write(r.answer(h))
	linger(c)
}

// linger waits for the client's goodbye, so that no reset eats the answer.
func linger(c net.Conn) { _, _ = io.Copy(io.Discard, io.LimitReader(c, 64<<10)) }

func (r *raw) answer(h *clientHello) []byte {
	version := uint16(0)
	for _, v := range r.versions {
		if v <= h.version && v > version {
			version = v
		}
	}
	switch {
	case version == 0, h.onlyVersion:
		return alert(70)
	case slices.Contains(h.suites, 0x5600) && h.version < slices.Max(r.versions):
		return alert(86)
	}
	suite := r.choose(h, version)
	if suite == 0 {
		return alert(40)
	}
	hello := binary.BigEndian.AppendUint16(nil, version)
	hello = append(hello, make([]byte, 32)...)
	hello = append(hello, 0)
	hello = binary.BigEndian.AppendUint16(hello, suite)
	hello = append(hello, map[bool]byte{true: 1}[r.compress && h.deflate])
	if !r.noReneg && h.reneg {
		hello = append(hello, 0, 5, 0xff, 1, 0, 1, 0)
	}
	flight := message(2, hello)
	if suite != anonAES && suite != ecdhAnonAES {
		var list []byte
		for _, der := range r.chain {
			list = append(append(list, length24(len(der))...), der...)
		}
		flight = append(flight, message(11, append(length24(len(list)), list...))...)
	}
	flight = append(flight, r.keyExchange(suite, h)...)
	flight = append(flight, message(14, nil)...)
	size := 1 << 14
	if r.split > 0 {
		size = r.split
	}
	var out []byte
	for part := range slices.Chunk(flight, size) {
		out = append(out, 22, byte(version>>8), byte(version), byte(len(part)>>8), byte(len(part)))
		out = append(out, part...)
	}
	return out
}

func (r *raw) choose(h *clientHello, version uint16) uint16 {
	switch {
	case r.same:
		return r.suites[0]
	case r.echo:
		return h.suites[0]
	}
	for _, s := range r.suites {
		if !slices.Contains(h.suites, s) || version < 0x303 && (s == ecdheRSAGCM || s == dheGCM || s == ecdheECDSAGCM) || version == 0x300 && s>>8 == 0xc0 {
			continue
		}
		if s>>8 == 0xc0 && r.group(h) == 0 {
			continue
		}
		return s
	}
	return 0
}

func (r *raw) group(h *clientHello) uint16 {
	groups := r.groups
	if len(groups) == 0 {
		groups = []uint16{23}
	}
	for _, g := range groups {
		if slices.Contains(h.groups, g) {
			return g
		}
	}
	return 0
}

// keyExchange writes group and key; nobody gets far enough to miss the signature.
func (r *raw) keyExchange(suite uint16, h *clientHello) []byte {
	var body []byte
	switch {
	case suite>>8 == 0xc0:
		body = append([]byte{3}, binary.BigEndian.AppendUint16(nil, r.group(h))...)
		body = append(body, 65, 4)
		body = append(body, make([]byte, 64)...)
	case suite == dheAES || suite == dheGCM || suite == dheExportDES || suite == anonAES:
		n := max(r.dhBits, 512) / 8
		p := make([]byte, n)
		p[0], p[n-1] = 0x80, 0x0b
		for _, v := range [][]byte{p, {2}, p[:n-1]} {
			body = append(binary.BigEndian.AppendUint16(body, uint16(len(v))), v...)
		}
	default:
		return nil
	}
	return message(12, append(append(body, 4, 1, 1, 0), make([]byte, 256)...))
}

func alert(description byte) []byte { return []byte{21, 3, 1, 0, 2, 2, description} }

func length24(n int) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }

func message(kind byte, body []byte) []byte {
	return append(append([]byte{kind}, length24(len(body))...), body...)
}

// readHello reads what raw needs of a ClientHello; nil for one that is cut off.
func readHello(b []byte) *clientHello {
	ok := true
	take := func(from *[]byte, n int) []byte {
		if n > len(*from) {
			ok = false
			n = len(*from)
		}
		out := (*from)[:n]
		*from = (*from)[n:]
		return out
	}
	number := func(from *[]byte, n int) int {
		v := 0
		for _, c := range take(from, n) {
			v = v<<8 | int(c)
		}
		return v
	}
	words := func(p []byte) (out []uint16) {
		for i := 0; i+1 < len(p); i += 2 {
			out = append(out, binary.BigEndian.Uint16(p[i:]))
		}
		return out
	}
	h := &clientHello{version: uint16(number(&b, 2))}
	take(&b, 32)
	take(&b, number(&b, 1))
	h.suites = words(take(&b, number(&b, 2)))
	h.deflate = slices.Contains(take(&b, number(&b, 1)), 1)
	h.reneg = slices.Contains(h.suites, 0x00ff)
	h.extended = len(b) > 0
	if h.extended {
		ext := take(&b, number(&b, 2))
		for len(ext) >= 4 && ok {
			id := number(&ext, 2)
			data := take(&ext, number(&ext, 2))
			switch {
			case id == 10 && len(data) > 2:
				h.groups = words(data[2:])
			case id == 43 && len(data) > 1:
				h.onlyVersion = !slices.Contains(words(data[1:]), 0x303)
			case id == 0xff01:
				h.reneg = true
			}
		}
	}
	if !ok || len(h.suites) == 0 {
		return nil
	}
	return h
}
