package session

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// sample is one id and when it was given.
type sample struct {
	value string
	at    time.Time
}

// weigh estimates an upper bound of what an attacker must guess, in bits, and
// names the fault that ids show: "same", "sequential", "time", "hashed" or "short"; "" when they show none.
func weigh(ids []sample) (int, string) {
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id.value] = true
	}
	bits := varying(ids)
	switch {
	case len(distinct) < len(ids):
		return bits, "same"
	case hashed(ids):
		return bits, "hashed"
	case bits < leastBits && timed(ids): // before the next: a clock read every millisecond rises by small steps too
		return bits, "time"
	case sequential(ids):
		return bits, "sequential"
	case bits < leastBits:
		return bits, "short"
	}
	return bits, ""
}

// varying adds up what the characters at each place could be at most, for the
// places that differ between ids at all. Ids of different length are compared from the left.
func varying(ids []sample) int {
	all := ""
	longest := 0
	for _, id := range ids {
		all += id.value
		longest = max(longest, len(id.value))
	}
	perPlace := math.Log2(float64(alphabet(all)))
	bits := 0.0
	for i := range longest {
		for _, id := range ids[1:] {
			if at(id.value, i) != at(ids[0].value, i) {
				bits += perPlace
				break
			}
		}
	}
	return int(bits)
}

func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// alphabet is how many characters the ids are drawn from, by the kinds of characters seen.
func alphabet(s string) int {
	n := 0
	for _, class := range []string{"0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ"} {
		if strings.ContainsAny(s, class) {
			n += len(class)
		}
	}
	if strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		n += 2
	}
	return max(n, 2)
}

// sequential says that the ids, read as numbers behind what they have in
// common, rise by small steps.
func sequential(ids []sample) bool {
	prefix := ids[0].value
	for _, id := range ids[1:] {
		for !strings.HasPrefix(id.value, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	for _, base := range []int{10, 16} {
		if rises(ids, strings.TrimRight(prefix, "0123456789abcdefABCDEF"), base) {
			return true
		}
	}
	return false
}

func rises(ids []sample, prefix string, base int) bool {
	var last *big.Int
	for _, id := range ids {
		n, ok := new(big.Int).SetString(strings.TrimPrefix(id.value, prefix), base)
		if !ok {
			return false
		}
		if last != nil {
			step := new(big.Int).Sub(n, last)
			if step.Sign() <= 0 || step.BitLen() > 16 {
				return false
			}
		}
		last = n
	}
	return true
}

// timed says that each id begins with, or is, the time at which it was given:
// seconds or milliseconds since 1970, in decimal or as PHP's uniqid() writes it.
func timed(ids []sample) bool {
	for _, id := range ids {
		if !holdsTime(id) {
			return false
		}
	}
	return true
}

func holdsTime(id sample) bool {
	for _, form := range []struct{ digits, base int }{{13, 10}, {10, 10}, {8, 16}} {
		for i := 0; i+form.digits <= len(id.value); i++ {
			n, err := strconv.ParseInt(id.value[i:i+form.digits], form.base, 64)
			if err != nil {
				continue
			}
			if form.digits == 13 {
				n /= 1000
			}
			if d := id.at.Sub(time.Unix(n, 0)); d.Abs() < 24*time.Hour {
				return true
			}
		}
	}
	return false
}

// hashed says that an id is a bare MD5 or SHA-1 of the time or of a small
// number: random to look at, and guessed in a moment.
func hashed(ids []sample) bool {
	want := map[string]bool{}
	length := 0
	for _, id := range ids {
		want[strings.ToLower(id.value)] = true
		length = len(id.value)
	}
	if length != 2*md5.Size && length != 2*sha1.Size {
		return false
	}
	try := func(s string) bool {
		a, b := md5.Sum([]byte(s)), sha1.Sum([]byte(s))
		return want[hex.EncodeToString(a[:])] || want[hex.EncodeToString(b[:])]
	}
	for _, id := range ids[:1] {
		for d := -30; d <= 30; d++ {
			if try(fmt.Sprint(id.at.Unix() + int64(d))) {
				return true
			}
		}
	}
	for n := range 50_000 {
		if try(strconv.Itoa(n)) {
			return true
		}
	}
	return false
}
