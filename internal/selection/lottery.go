package selection

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
)

// Commitment is what may be published of a seed before the call closes: it
// binds the office to the seed without telling it.
func Commitment(seed string) string {
	sum := sha256.Sum256([]byte("miseban lottery 1\x00" + seed))
	return hex.EncodeToString(sum[:])
}

func keyed(seed, purpose, of string) []byte {
	m := hmac.New(sha256.New, []byte(seed))
	m.Write([]byte(purpose + "\x00" + of))
	return m.Sum(nil)
}

// Pseudonym is the name of an applicant in a record. With the receipt number
// and the seed anybody finds his own line; the line tells no receipt number.
func Pseudonym(seed, receipt string) string {
	return "A-" + base32.StdEncoding.EncodeToString(keyed(seed, "pseudonym", receipt))[:12]
}

// Lot is an applicant's number in the lottery: the smaller wins. It is fixed by
// the seed and the pseudonym alone.
func Lot(seed, pseudonym string) string {
	return hex.EncodeToString(keyed(seed, "lot", pseudonym)[:12])
}

// dice are random numbers that are the same on every machine.
type dice struct{ pcg *rand.PCG }

func newDice(seed, purpose string) *dice {
	k := keyed(seed, purpose, "")
	return &dice{rand.NewPCG(binary.BigEndian.Uint64(k), binary.BigEndian.Uint64(k[8:]))}
}

// upTo is a number of 0…n-1. The bias of multiplying instead of drawing again
// is under n/2⁶⁴.
func (d *dice) upTo(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

func (d *dice) shuffle(list []int) {
	for i := len(list) - 1; i > 0; i-- {
		j := d.upTo(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}
