package account

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"golang.org/x/text/unicode/norm"
)

// NewSecret makes the secret of a one-time password app (RFC 6238).
func NewSecret(issuer, mail string) (*otp.Key, error) {
	return totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: mail, SecretSize: 20})
}

// step is how long a code holds.
const step = 30 * time.Second

// CheckCode says in which step of time a code is right: the present one or one
// beside it, for clocks that differ. A step that is not after used is refused,
// so that a code that was looked at over a shoulder serves once.
func CheckCode(secret, code string, used int64, at time.Time) (int64, bool) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u3000' {
			return -1
		}
		return r
	}, norm.NFKC.String(code))
	for _, shift := range []time.Duration{0, -step, step} {
		t := at.Add(shift)
		ok, err := totp.ValidateCustom(code, secret, t, totp.ValidateOpts{Period: 30, Skew: 0, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if n := t.Unix() / 30; err == nil && ok && n > used {
			return n, true
		}
	}
	return 0, false
}

// RecoveryCodes makes ten codes for whom the telephone is lost, each good once.
// What is kept of them are fingerprints.
func RecoveryCodes() []string {
	out := make([]string, 10)
	for i := range out {
		s := strings.ToLower(rand.Text()) // 26 letters, 130 bits; 16 are enough
		out[i] = s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
	}
	return out
}

// RecoveryFingerprint is what is kept of a recovery code, however it was typed.
func RecoveryFingerprint(code string) string {
	code = strings.ToLower(strings.NewReplacer("-", "", " ", "", "\u3000", "").Replace(norm.NFKC.String(code)))
	return Fingerprint("recovery " + code)
}
