package intel

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrVersion is what Parse returns, wrapped, for text that is no version.
var ErrVersion = errors.New("not a version")

// maxVersionLength bounds what Parse looks at; real version strings are far shorter.
const maxVersionLength = 96

// Version is one release number in an order that holds for the products
// Miseban knows: EC-CUBE and Magento patches (-p1) and OpenSSL or Zen Cart
// letters (1.0.2k, 1.5.7d) come after the release, -alpha, -beta and -rc before
// it, and missing trailing zeros do not matter. The zero Version is no version.
type Version struct {
	text     string
	epoch    uint64
	release  []uint64 // without trailing zeros
	suffix   []part
	revision []part // packaging of a distribution, as in 2.4.57-2+deb12u1
}

// part is one element after the numbers. Parts compare by rank, then word,
// then number; the end of a version has rank 0.
type part struct {
	rank int
	word string
	n    uint64
}

const (
	rankTilde  = -7 // Debian's "older than nothing"
	rankLetter = 1  // 1.0.2k, 2.12.3en
	rankPatch  = 2  // -p1
	rankNumber = 3  // beta2-20220824
)

// stages are the words that stand for something in the order of releases.
var stages = map[string]int{
	"dev": -6, "snapshot": -6, "alpha": -5, "beta": -4, "preview": -3, "pre": -3, "rc": -2, "cr": -2,
	"p": rankPatch, "pl": rankPatch, "patch": rankPatch,
}

// plain are words that name an edition or a build of the same release.
var plain = map[string]bool{
	"fips": true, "stable": true, "final": true, "release": true, "ga": true, "lts": true,
	"mariadb": true, "log": true, "community": true,
}

// Parse reads one version. Text that it does not understand is an error that
// wraps ErrVersion; it is never read as some other version.
func Parse(text string) (Version, error) {
	bad := func(why string) (Version, error) {
		return Version{}, fmt.Errorf("%w: %q: %s", ErrVersion, clip(text, maxVersionLength), why)
	}
	v := Version{text: strings.TrimSpace(text)}
	s := strings.ToLower(v.text)
	if len(s) > maxVersionLength {
		return bad("too long")
	}
	if len(s) > 1 && s[0] == 'v' && isDigit(s[1]) {
		s = s[1:]
	}
	if epoch, rest, ok := strings.Cut(s, ":"); ok {
		n, err := number(epoch)
		if err != nil {
			return bad("bad epoch")
		}
		v.epoch, s = n, rest
	}
	if s == "" || !isDigit(s[0]) {
		return bad("does not begin with a number")
	}
	for {
		var n uint64
		var err error
		if n, s, err = leadingNumber(s); err != nil {
			return bad(err.Error())
		}
		v.release = append(v.release, n)
		if len(s) < 2 || s[0] != '.' || !isDigit(s[1]) {
			break
		}
		s = s[1:]
	}
	for len(v.release) > 0 && v.release[len(v.release)-1] == 0 {
		v.release = v.release[:len(v.release)-1]
	}
	s, err := v.parseSuffix(s)
	if err == nil && s != "" {
		v.revision, err = parseRevision(s)
	}
	if err != nil {
		return bad(err.Error())
	}
	return v, nil
}

// parseSuffix reads letters, stages and patch numbers and returns what is left
// for the distribution's revision.
func (v *Version) parseSuffix(s string) (string, error) {
	for s != "" {
		separated := false
		rest := s
		if rest[0] == '-' || rest[0] == '.' || rest[0] == '_' {
			separated, rest = true, rest[1:]
		}
		if rest == "" {
			return "", errors.New("ends in a separator")
		}
		switch {
		case isLetter(rest[0]):
		case separated && isDigit(rest[0]) && len(v.suffix) > 0 && s[0] != '_':
			n, left, err := leadingNumber(rest)
			if err != nil {
				return "", err
			}
			v.suffix = append(v.suffix, part{rank: rankNumber, n: n})
			s = left
			continue
		default:
			return s, nil
		}
		word := letters(rest)
		rest = rest[len(word):]
		// "enP2" is the English edition, patch 2.
		if flavour, ok := strings.CutSuffix(word, "p"); ok && flavour != "" && stages[word] == 0 &&
			len(flavour) <= 2 && rest != "" && isDigit(rest[0]) {
			v.suffix = append(v.suffix, part{rank: rankLetter, word: flavour})
			word = "p"
		}
		p := part{word: word}
		hasNumber := false
		// A stage may be parted from its number: beta.2, rc-1.
		number := rest
		if stages[word] != 0 && len(rest) > 1 && (rest[0] == '.' || rest[0] == '-') && isDigit(rest[1]) {
			number = rest[1:]
		}
		if number != "" && isDigit(number[0]) {
			n, left, err := leadingNumber(number)
			if err != nil {
				return "", err
			}
			p.n, hasNumber, rest = n, true, left
		}
		switch rank := stages[word]; {
		case word == "p" && !separated && !hasNumber:
			p.rank = rankLetter // OpenSSL 1.1.1p
		case rank != 0:
			p.rank, p.word = rank, ""
		case plain[word] && !hasNumber:
			s = rest
			continue
		case len(word) <= 2 && (!separated || word == "en" && !hasNumber):
			p.rank = rankLetter
		default:
			return "", fmt.Errorf("unknown word %q", word)
		}
		v.suffix = append(v.suffix, p)
		s = rest
	}
	return "", nil
}

// parseRevision reads a distribution's packaging revision token by token.
func parseRevision(s string) ([]part, error) {
	if s[0] != '-' && s[0] != '+' && s[0] != '~' {
		return nil, fmt.Errorf("character %q", s[0])
	}
	var parts []part
	for s != "" {
		switch c := s[0]; {
		case isDigit(c):
			n, rest, err := leadingNumber(s)
			if err != nil {
				return nil, err
			}
			parts, s = append(parts, part{rank: rankNumber, n: n}), rest
		case isLetter(c):
			w := letters(s)
			parts, s = append(parts, part{rank: rankLetter, word: w}), s[len(w):]
		case c == '~':
			parts, s = append(parts, part{rank: rankTilde}), s[1:]
		case strings.IndexByte("+.-_", c) >= 0:
			s = s[1:]
			if s == "" {
				return nil, errors.New("ends in a separator")
			}
		default:
			return nil, fmt.Errorf("character %q", c)
		}
	}
	return parts, nil
}

// MustParse is Parse for versions written in the program; it panics on bad ones.
func MustParse(text string) Version {
	v, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return v
}

// Compare orders a and b: negative if a is the older one, 0 if they are the
// same release, positive if a is the newer one.
func Compare(a, b Version) int {
	if c := cmp.Compare(a.epoch, b.epoch); c != 0 {
		return c
	}
	if c := slices.Compare(a.release, b.release); c != 0 {
		return c
	}
	if c := compareParts(a.suffix, b.suffix); c != 0 {
		return c
	}
	return compareParts(a.revision, b.revision)
}

func compareParts(a, b []part) int {
	for i := range max(len(a), len(b)) {
		var x, y part
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if c := cmp.Or(cmp.Compare(x.rank, y.rank), strings.Compare(x.word, y.word), cmp.Compare(x.n, y.n)); c != 0 {
			return c
		}
	}
	return 0
}

// Upstream is v without epoch and packaging revision: the release as its maker
// numbered it. Advisories speak of upstream versions.
func (v Version) Upstream() Version {
	v.epoch, v.revision = 0, nil
	return v
}

// Packaged says that v carries a distribution's packaging revision, so that
// fixes may be in it that its upstream number does not show.
func (v Version) Packaged() bool { return len(v.revision) > 0 }

// String is the version as it was written.
func (v Version) String() string { return v.text }

// IsZero says that v is no version at all.
func (v Version) IsZero() bool { return v.text == "" }

// Key is equal for two versions exactly when Compare finds them equal.
func (v Version) Key() string {
	b := strconv.AppendUint(nil, v.epoch, 10)
	for _, n := range v.release {
		b = strconv.AppendUint(append(b, '.'), n, 10)
	}
	for _, parts := range [][]part{v.suffix, v.revision} {
		b = append(b, '|')
		for _, p := range parts {
			b = fmt.Appendf(b, "%d%s%d,", p.rank, p.word, p.n)
		}
	}
	return string(b)
}

// MarshalText writes the version as it was written.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.text), nil }

// UnmarshalText reads a version; empty text is the zero Version.
func (v *Version) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*v = Version{}
		return nil
	}
	parsed, err := Parse(string(b))
	if err == nil {
		*v = parsed
	}
	return err
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// letters returns the run of letters s begins with.
func letters(s string) string {
	i := 0
	for i < len(s) && isLetter(s[i]) {
		i++
	}
	return s[:i]
}

func number(s string) (uint64, error) {
	n, rest, err := leadingNumber(s)
	if err == nil && rest != "" {
		err = errors.New("not a number")
	}
	return n, err
}

// leadingNumber takes the digits that s begins with.
func leadingNumber(s string) (uint64, string, error) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	n, err := strconv.ParseUint(s[:i], 10, 64)
	if err != nil {
		return 0, "", errors.New("bad number")
	}
	return n, s[i:], nil
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
