package probe

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf8"

	"miseban/internal/wire"
)

// Rand draws the operands of values. It is random to the shop and draws the
// same again when the run is resumed or judged again.
type Rand struct{ r *rand.Rand }

// NewRand makes a Rand from hexadecimal digits, as Pass.Derive gives them.
func NewRand(digits string) *Rand {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) < 16 {
		b = append(b, make([]byte, 16)...)
	}
	return &Rand{rand.New(rand.NewPCG(binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])))}
}

// Letters is a word of n lower-case letters that is no word of a language.
func (r *Rand) Letters(n int) string {
	const set = "bcdfghjkmnpqrstvwxz"
	var b strings.Builder
	for range n {
		b.WriteByte(set[r.r.IntN(len(set))])
	}
	return b.String()
}

// Number is drawn from lo to hi.
func (r *Rand) Number(lo, hi int) int { return lo + r.r.IntN(hi-lo+1) }

// Digits is Number as text.
func (r *Rand) Digits(lo, hi int) string { return strconv.Itoa(r.Number(lo, hi)) }

// Split cuts v in two at a place drawn between its characters; where v has no
// inner place, the second part is empty.
func (r *Rand) Split(v string) (string, string) {
	n := utf8.RuneCountInString(v)
	if n < 2 {
		return v, ""
	}
	// A cut that leaves a word of a command ("or|der") would not leave the house.
	k := r.r.IntN(n - 1)
	var first [2]string
	for try := range n - 1 {
		a, b := cut(v, 1+(k+try)%(n-1))
		if try == 0 {
			first = [2]string{a, b}
		}
		if wire.Harmless(a+"'\n'"+b) == nil && wire.Harmless(a+"'.'"+b) == nil {
			return a, b
		}
	}
	return first[0], first[1]
}

// cut takes the first k letters off v.
func cut(v string, k int) (string, string) {
	for i := range v {
		if k == 0 {
			return v[:i], v[i:]
		}
		k--
	}
	return v, ""
}

// Coin is true half of the time.
func (r *Rand) Coin() bool { return r.r.IntN(2) == 0 }

// Like is a value of the same shape as v that the shop does not know: letters
// for letters, digits for digits, the rest and a file's ending as it is.
func (r *Rand) Like(v string) string {
	like := r.like(v)
	for range 20 { // letters may make a word of a command ("rm") by chance
		if wire.Harmless(like) == nil {
			break
		}
		like = r.like(v)
	}
	return like
}

func (r *Rand) like(v string) string {
	if v == "" {
		return r.Letters(9)
	}
	if strings.Trim(v, "0123456789") == "" {
		return r.Digits(100_000, 999_999) + strings.Repeat("0", max(0, min(len(v), 9)-6))
	}
	if strings.Trim(v, "0123456789,") == "" {
		parts := strings.Split(v, ",")
		for i := range parts {
			parts[i] = r.Digits(100_000, 999_999)
		}
		return strings.Join(parts, ",")
	}
	keep := len(v)
	if i := strings.LastIndexByte(v, '.'); i > 0 && len(v)-i <= 5 && strings.Trim(v[i+1:], "abcdefghijklmnopqrstuvwxyz") == "" {
		keep = i
	}
	var b strings.Builder
	letters := 0
	for i, c := range v {
		switch {
		case i >= keep:
			b.WriteRune(c)
		case c >= '0' && c <= '9':
			b.WriteByte(byte('0' + r.r.IntN(10)))
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80:
			b.WriteString(r.Letters(1))
			letters++
		default:
			b.WriteRune(c)
		}
	}
	if letters < 4 && keep == len(v) && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		b.WriteString(r.Letters(5))
	}
	if b.String() == v {
		return v + r.Letters(5)
	}
	return b.String()
}
