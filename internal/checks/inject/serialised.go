package inject

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// serialised names the language whose serialised object v is – "php", "java",
// "python", "ruby", "viewstate" – or gives "". A value that ends in a seal of
// its own (a hash by which the server knows that it is its own) is none.
func serialised(v string) string {
	if len(v) < 6 || len(v) > 1<<16 || sealed.MatchString(v) {
		return ""
	}
	for _, s := range readings(v) {
		if phpObject(s) {
			return "php"
		}
		b := []byte(s)
		switch {
		case len(b) > 6 && b[0] == 0xac && b[1] == 0xed && b[2] == 0 && b[3] == 5 && b[4] >= 0x70 && b[4] <= 0x7e:
			return "java"
		case len(b) > 8 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5 && b[len(b)-1] == '.' && (b[1] < 4 || b[2] == 0x95):
			return "python"
		case len(b) > 6 && b[0] == 4 && b[1] == 8 && strings.IndexByte(`{[oIU`, b[2]) >= 0:
			return "ruby"
		case len(b) > 4 && b[0] == 0xff && b[1] == 1:
			if n, err := viewState(b[2:], 0); err == nil && len(b) == 2+n {
				return "viewstate"
			}
		}
	}
	return ""
}

// sealed ends in a signature behind a sign that divides, as the cookies of
// Rails, Flask and others do.
var sealed = regexp.MustCompile(`(?:--|%2[dD]%2[dD]|[.:|~])[0-9A-Za-z_-]{27,128}=*$`)

// readings are v as it is, and as it may be meant: decoded from an address, base64 or hexadecimal digits.
func readings(v string) []string {
	out := []string{v}
	if strings.Contains(v, "%") {
		if d, err := url.QueryUnescape(v); err == nil {
			out = append(out, d)
			v = d
		}
	}
	plain := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(v), "=")
	if b, err := base64.RawStdEncoding.DecodeString(plain); err == nil {
		out = append(out, string(b))
	}
	if len(v)%2 == 0 {
		if b, err := hex.DecodeString(v); err == nil {
			out = append(out, string(b))
		}
	}
	return out
}

var (
	phpHead  = regexp.MustCompile(`^(?:a:([0-9]+):\{|[OC]:([0-9]+):"([^"]*)":[0-9]+:\{)`)
	phpScale = regexp.MustCompile(`^(?:[bi]:-?[0-9]+;|d:[-0-9.eEINFA]+;|N;|[rR]:[0-9]+;)`)
	phpText  = regexp.MustCompile(`^s:([0-9]+):"`)
)

// phpObject says that s is one whole value of PHP's serialize() with something
// in it: an object or an array, and nothing behind it.
func phpObject(s string) bool {
	if !phpHead.MatchString(s) || strings.HasPrefix(s, "a:0:") {
		return false
	}
	n, ok := phpValue(s, 0)
	return ok && n == len(s)
}

// phpValue is the length of the value at the beginning of s.
func phpValue(s string, depth int) (int, bool) {
	if depth > 60 {
		return 0, false
	}
	if m := phpScale.FindString(s); m != "" {
		return len(m), true
	}
	if m := phpText.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		end := len(m[0]) + n
		if err != nil || n > len(s) || end+2 > len(s) || s[end:end+2] != `";` {
			return 0, false
		}
		return end + 2, true
	}
	m := phpHead.FindStringSubmatch(s)
	if m == nil || m[2] != "" && m[2] != strconv.Itoa(len(m[3])) {
		return 0, false
	}
	at := len(m[0])
	if s[0] == 'C' { // an object that packs itself: its content is its own
		i := strings.LastIndexByte(s, '}')
		return i + 1, i >= at
	}
	for at < len(s) && s[at] != '}' {
		n, ok := phpValue(s[at:], depth+1)
		if !ok {
			return 0, false
		}
		at += n
	}
	return at + 1, at < len(s)
}

var errViewState = errors.New("no view state that can be read")

// viewState is how many bytes the value at the beginning of b takes in the view
// state of ASP.NET. What stands behind the last is the seal; without one, anybody
// may write the state himself.
func viewState(b []byte, depth int) (int, error) {
	if len(b) == 0 || depth > 60 {
		return 0, errViewState
	}
	at := 1
	number := func() (int, error) {
		v, n := binary.Uvarint(b[at:])
		if n <= 0 || v > math.MaxInt32 {
			return 0, errViewState
		}
		at += n
		return int(v), nil
	}
	skip := func(n int) error {
		if n < 0 || at+n > len(b) {
			return errViewState
		}
		at += n
		return nil
	}
	text := func() error {
		n, err := number()
		if err != nil {
			return err
		}
		return skip(n)
	}
	values := func(n int) error {
		for range n {
			used, err := viewState(b[at:], depth+1)
			if err != nil {
				return err
			}
			at += used
		}
		return nil
	}
	counted := func(each int) error {
		n, err := number()
		if err != nil || n > len(b) {
			return errViewState
		}
		return values(n * each)
	}
	var err error
	switch b[0] {
	case 0x64, 0x65, 0x66, 0x67, 0x68, 0x0c, 0x1c: // null, "", 0, true, false, no colour, no unit
	case 0x02, 0x04, 0x0a:
		_, err = number()
	case 0x03, 0x1f:
		err = skip(1)
	case 0x05, 0x1e, 0x32:
		err = text()
	case 0x06, 0x07:
		err = skip(8)
	case 0x08, 0x09:
		err = skip(4)
	case 0x1b:
		err = skip(12)
	case 0x0f:
		err = values(2)
	case 0x10:
		err = values(3)
	case 0x16:
		err = counted(1)
	case 0x17, 0x18:
		err = counted(2)
	case 0x15:
		var n int
		if n, err = number(); err == nil {
			for range min(n, len(b)) {
				if err = text(); err != nil {
					break
				}
			}
		}
	default:
		err = errViewState
	}
	return at, err
}
