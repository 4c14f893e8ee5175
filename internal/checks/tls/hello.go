package tls

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
)

// Protocol versions as they stand on the wire.
const (
	ssl2  uint16 = 0x0002
	ssl3  uint16 = 0x0300
	tls10 uint16 = 0x0301
	tls11 uint16 = 0x0302
	tls12 uint16 = 0x0303
	tls13 uint16 = 0x0304
)

// Signalling values in the suite list (RFC 5746, RFC 7507).
const (
	renegotiationSCSV uint16 = 0x00ff
	fallbackSCSV      uint16 = 0x5600
)

var versionNames = map[uint16]string{ssl2: "SSL 2.0", ssl3: "SSL 3.0", tls10: "TLS 1.0", tls11: "TLS 1.1", tls12: "TLS 1.2", tls13: "TLS 1.3"}

// goodGroups are the groups that browsers offer.
var goodGroups = []uint16{0x001d, 0x0017, 0x0018, 0x0019}

// weakGroups are the named curves of less than 224 bits (RFC 8422 took them out).
var weakGroups = []uint16{1, 2, 3, 4, 5, 15, 16, 17, 18, 19}

// groupBits is the size of named curves below 224 bits.
var groupBits = map[uint16]int{1: 163, 2: 163, 3: 163, 4: 193, 5: 193, 15: 160, 16: 160, 17: 160, 18: 192, 19: 192}

// hello is one ClientHello that we write ourselves, because no library offers
// what must not be offered any more.
type hello struct {
	version    uint16   // legacy_version: the highest version offered up to TLS 1.2
	versions   []uint16 // supported_versions; nil leaves the extension out
	suites     []uint16
	groups     []uint16
	serverName string // "" leaves server_name out
	compress   bool   // offer DEFLATE beside no compression
	bare       bool   // no extensions at all, as SSL 3.0 and very old servers want it
}

// bytes writes the hello as one record.
func (h *hello) bytes() ([]byte, error) {
	body := binary.BigEndian.AppendUint16(nil, h.version)
	random := make([]byte, 64)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	body = append(body, random[:32]...)
	if h.versions != nil { // middlebox compatibility (RFC 8446, D.4)
		body = append(append(body, 32), random[32:]...)
	} else {
		body = append(body, 0)
	}
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(h.suites)))
	for _, s := range h.suites {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	if h.compress {
		body = append(body, 2, 1, 0)
	} else {
		body = append(body, 1, 0)
	}
	if !h.bare {
		ext, err := h.extensions()
		if err != nil {
			return nil, err
		}
		// Some load balancers hang on hellos of 256 to 511 bytes (RFC 7685).
		if n := 4 + len(body) + 2 + len(ext); n > 255 && n < 512 {
			ext = append16(append(ext, 0, 21), make([]byte, max(512-n-4, 1)))
		}
		body = append16(body, ext)
	}
	msg := append([]byte{1, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	record := min(h.version, tls10)
	return append16([]byte{22, byte(record >> 8), byte(record)}, msg), nil
}

func (h *hello) extensions() ([]byte, error) {
	var out []byte
	add := func(id uint16, data []byte) {
		out = append16(binary.BigEndian.AppendUint16(out, id), data)
	}
	if h.serverName != "" {
		add(0, append16(nil, append16([]byte{0}, []byte(h.serverName))))
	}
	add(10, append16(nil, list16(h.groups)))
	add(11, []byte{1, 0}) // uncompressed points
	if h.version >= tls12 {
		add(13, append16(nil, list16([]uint16{
			0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b,
			0x0401, 0x0501, 0x0601, 0x0402, 0x0303, 0x0301, 0x0203, 0x0201, 0x0202, 0x0101,
		})))
	}
	add(15, []byte{1}) // heartbeat: the answer tells whether the server has it
	add(16, append16(nil, []byte("\x02h2\x08http/1.1")))
	add(23, nil) // extended master secret
	add(0xff01, []byte{0})
	if h.versions == nil {
		return out, nil
	}
	add(43, append([]byte{byte(2 * len(h.versions))}, list16(h.versions)...))
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	add(51, append16(nil, append16([]byte{0, 0x1d}, key.PublicKey().Bytes())))
	add(45, []byte{1, 1})
	return out, nil
}

func append16(b, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

func list16(vs []uint16) []byte {
	var b []byte
	for _, v := range vs {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// ssl2Hello is the CLIENT-HELLO of SSL 2.0 with all its seven ciphers.
func ssl2Hello() ([]byte, error) {
	ciphers := []byte{1, 0, 0x80, 2, 0, 0x80, 3, 0, 0x80, 4, 0, 0x80, 5, 0, 0x80, 6, 0, 0x40, 7, 0, 0xc0}
	body := []byte{1, 0, 2, 0, byte(len(ciphers)), 0, 0, 0, 16}
	challenge := make([]byte, 16)
	if _, err := rand.Read(challenge); err != nil {
		return nil, err
	}
	body = append(append(body, ciphers...), challenge...)
	return append([]byte{0x80, byte(len(body))}, body...), nil
}
