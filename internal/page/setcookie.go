package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"miseban/internal/wire"
)

// SetCookie is one Set-Cookie line as a browser reads it (RFC 6265bis, 5.6):
// attribute names are case-insensitive, the last of a kind wins, and what a
// browser would not understand is left out.
type SetCookie struct {
	Name, Value string
	Domain      string // lower case, without a leading dot; "" = this host only
	Path        string // "" = the directory of the request
	SameSite    string // lower case as sent; "" when absent
	Secure      bool
	HTTPOnly    bool
	Partitioned bool
	Expires     time.Time // zero: not given
	MaxAge      time.Duration
	HasMaxAge   bool
}

// SetCookies lists the cookies that ex sets or deletes, in the order of the answer.
func SetCookies(ex *wire.Exchange) []SetCookie {
	var out []SetCookie
	for _, line := range ex.Header.Values("Set-Cookie") {
		if c, ok := ParseSetCookie(line); ok {
			out = append(out, c)
		}
	}
	return out
}

// ParseSetCookie reads the value of one Set-Cookie header. It is false for
// what a browser would drop, and for cookies without a name.
func ParseSetCookie(line string) (SetCookie, bool) {
	for i := range len(line) {
		if b := line[i]; b < 0x20 && b != '\t' || b == 0x7f {
			return SetCookie{}, false
		}
	}
	pair, rest, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	c := SetCookie{Name: trim(name), Value: trim(value)}
	if !ok || c.Name == "" || len(c.Name)+len(c.Value) > 4096 {
		return SetCookie{}, false
	}
	for rest != "" {
		var attr string
		attr, rest, _ = strings.Cut(rest, ";")
		k, v, _ := strings.Cut(attr, "=")
		c.set(strings.ToLower(trim(k)), trim(v))
	}
	return c, true
}

func (c *SetCookie) set(attr, v string) {
	switch attr {
	case "secure":
		c.Secure = true
	case "httponly":
		c.HTTPOnly = true
	case "partitioned":
		c.Partitioned = true
	case "samesite":
		c.SameSite = strings.ToLower(v)
	case "domain":
		c.Domain = strings.ToLower(strings.TrimPrefix(v, "."))
	case "path":
		c.Path = ""
		if strings.HasPrefix(v, "/") {
			c.Path = v
		}
	case "expires":
		if t, ok := cookieDate(v); ok {
			c.Expires = t
		}
	case "max-age":
		if d, ok := maxAge(v); ok {
			c.MaxAge, c.HasMaxAge = d, true
		}
	}
}

func trim(s string) string { return strings.Trim(s, " \t") }

var integer = regexp.MustCompile(`^-?[0-9]+$`)

func maxAge(v string) (time.Duration, bool) {
	if !integer.MatchString(v) {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if most := int64(math.MaxInt64 / time.Second); err != nil && v[0] != '-' || n > most {
		n = most // longer than any browser keeps it
	}
	return time.Duration(max(n, 0)) * time.Second, true
}

// Lifetime is how long a browser would keep the cookie; false when it goes
// with the browser window.
func (c SetCookie) Lifetime(now time.Time) (time.Duration, bool) {
	switch {
	case c.HasMaxAge:
		return c.MaxAge, true
	case !c.Expires.IsZero():
		return c.Expires.Sub(now), true
	}
	return 0, false
}

// Deletes says that the line takes a cookie away instead of setting one.
func (c SetCookie) Deletes(now time.Time) bool {
	d, kept := c.Lifetime(now)
	return kept && d <= 0 || c.Value == "" || c.Value == "deleted"
}

var (
	clock  = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9]|$)`)
	day    = regexp.MustCompile(`^([0-9]{1,2})(?:[^0-9]|$)`)
	year   = regexp.MustCompile(`^([0-9]{2,4})(?:[^0-9]|$)`)
	months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// cookieDate reads dates as leniently as browsers do (RFC 6265bis, 5.1.1).
func cookieDate(s string) (time.Time, bool) {
	var h, mi, sec, d, y int
	var mon time.Month
	var gotClock, gotDay, gotYear bool
	for _, tok := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\t !\"#$%&'()*+,-./;<=>?@[\\]^_`{|}~", r) }) {
		if m := clock.FindStringSubmatch(tok); m != nil && !gotClock {
			h, mi, sec, gotClock = number(m[1]), number(m[2]), number(m[3]), true
			continue
		}
		if m := day.FindStringSubmatch(tok); m != nil && !gotDay {
			d, gotDay = number(m[1]), true
			continue
		}
		if len(tok) >= 3 && mon == 0 {
			for i, name := range months {
				if strings.EqualFold(tok[:3], name) {
					mon = time.Month(i + 1)
				}
			}
			if mon != 0 {
				continue
			}
		}
		if m := year.FindStringSubmatch(tok); m != nil && !gotYear {
			y, gotYear = number(m[1]), true
		}
	}
	switch {
	case y >= 70 && y <= 99:
		y += 1900
	case y <= 69:
		y += 2000
	}
	if !gotClock || !gotDay || mon == 0 || !gotYear || d < 1 || d > 31 || y < 1601 || h > 23 || mi > 59 || sec > 59 {
		return time.Time{}, false
	}
	return time.Date(y, mon, d, h, mi, sec, 0, time.UTC), true
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
