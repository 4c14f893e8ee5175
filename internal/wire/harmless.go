package wire

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrDestructive refuses a value that could alter or delete data if it reached
// an interpreter of the shop (safety 6).
var ErrDestructive = errors.New("value that could alter or delete data")

// danger is a shape that no provoking value may have, in any reading of it.
type danger struct {
	why string
	re  *regexp.Regexp
}

// dangers are signs and words that, in an UPDATE or DELETE, can widen a
// condition, cut the rest of it off or begin another statement, and those that
// write in other interpreters (design: checks, "How injection is looked for", 4).
// Digits do not protect a word of SQL: PostgreSQL reads "1or 1" as three words.
var dangers = []danger{
	{"sign", regexp.MustCompile(`\||;|--|/\*|\*/|#`)},
	{"SQL word", regexp.MustCompile(`(?:^|[^a-z_])(?:or|xor|union|insert|update|delete|drop|alter|truncate|create|grant|revoke|replace|merge|exec|execute|call|into|outfile|dumpfile|load_file|shutdown|benchmark|rename|vacuum|attach|detach|pragma|commit|rollback)(?:$|[^a-z0-9_])`)},
	{"SQL function that acts", regexp.MustCompile(`(?:^|[^a-z0-9_])(?:setval|nextval|set_config|get_lock|lo_[a-z]+|xp_[a-z]+|sp_[a-z]+|dblink\w*|pg_(?:terminate|cancel|reload|rotate|switch|file|advisory|logical|create|drop)\w*|utl_\w+|dbms_(?:scheduler|job|sql|xslprocessor|lock)\w*)(?:$|[^a-z0-9])`)},
	{"command that acts", regexp.MustCompile(`(?:^|[^a-z0-9_])(?:rm|rmdir|unlink|shred|mkfs|dd|mv|chmod|chown|kill|killall|pkill|reboot|halt|poweroff|crontab)(?:$|[^a-z0-9_])`)},
	{"call that writes or runs", regexp.MustCompile(`(?:^|[^a-z0-9_])(?:unlink|rmdir|fwrite|fopen|file_put_contents|move_uploaded_file|system|passthru|popen|proc_open|shell_exec|pcntl_exec|mail|eval|assert|setattribute|setstate)\s*\(`)},
	{"redirection in a command", regexp.MustCompile("(?:\\$\\(|`)[^)`]*>")},
	{"operator of a document database that widens", regexp.MustCompile(`\$(?:ne|gt|gte|lt|lte|nin|not|nor|or|exists|regex|where|type|mod|expr|function|set|unset|inc|push|pull|rename|out|merge)(?:$|[^a-z])`)},
	{"pattern that matches everything", regexp.MustCompile(`^\s*[%_]+\s*$`)},
}

// afterQuote finds, before the first "and", what makes another condition of
// the value that the quote ended: 'x'=0 and 'x'+” hold for rows without end.
var afterQuote = regexp.MustCompile(`['"]\s*(?:[-+*^&=]|%(?:$|[^0-9a-f]|[0-9a-f](?:$|[^0-9a-f]))|!=|<[=>]|>=|/\s*['"0-9a-z(@]|(?:is|in|not|like|rlike|regexp|between|div|mod|sounds|collate|escape|member|similar|ilike|isnull|notnull)(?:$|[^a-z0-9_]))`)

// proven are whole values with a quote in them that the destruction test has
// shown to select the rows of the original value or none: joined and doubled
// literals, a collation that compares bytes, a division by NULL, by a NULL that
// a table of one row gives after a while (once a statement, whatever the table's
// size), and a clause that only SELECT has.
var proven = regexp.MustCompile(`^(?:[^'"\\]*(?:'\s*'|"\s*")[^'"\\]*|[^'"\\]*(?:'\s*collate\s*'bin[a-z]*|"\s*collate\s*"bin[a-z]*)|[0-9]+(?:' div null div '1|" div null div "1)|[^'"\\]*(?:' div \(select null from \(select slee[pc]\([0-9.]+\)\) [a-z]{4}\) div '(?:1|[a-z]{4})|" div \(select null from \(select slee[pc]\([0-9.]+\)\) [a-z]{4}\) div "(?:1|[a-z]{4}))|[^'"\\]*%' group by 1 having '[a-z]+' is (?:not )?'[a-z]+)$`)

var (
	firstAnd = regexp.MustCompile(`(?:^|[^a-z_])and(?:$|[^a-z0-9_])|&&`)
	// sleeps are the ways in which a value makes an interpreter wait.
	sleeps    = regexp.MustCompile(`(?:sleep|receive_message|delay)[^0-9]{0,24}([0-9][0-9:.e]*)(?:[^0-9]+([0-9][0-9.e]*))?`)
	xmlEntity = regexp.MustCompile(`[&%][A-Za-z][A-Za-z0-9]{0,31};`)
	unicodeU  = regexp.MustCompile(`(?i)(?:\\|%)u([0-9a-f]{4})|\\x([0-9a-f]{2})`)
)

const longestSleep = 3 // seconds (safety 6)

// Harmless says whether a provoking value may leave. It looks at the value as
// given and as servers may read it: decoded, in half width, without characters
// that some of them drop. It is the coarse net; the test of the values that are
// shipped runs each in UPDATE and DELETE on three databases.
func Harmless(v string) error {
	if len(v) > 64<<10 {
		return fmt.Errorf("longer than 64 KiB: %w", ErrDestructive)
	}
	for _, s := range valueReadings(v) {
		if err := harmlessReading(s); err != nil {
			return err
		}
	}
	return nil
}

func harmlessReading(s string) error {
	for _, d := range dangers {
		if m := d.re.FindString(s); m != "" {
			return fmt.Errorf("%s %q: %w", d.why, strings.TrimSpace(m), ErrDestructive)
		}
	}
	head := s
	if at := firstAnd.FindStringIndex(s); at != nil {
		head = s[:at[0]]
	}
	if m := afterQuote.FindString(head); m != "" && !proven.MatchString(s) {
		return fmt.Errorf("%q changes the condition before it: %w", m, ErrDestructive)
	}
	for _, m := range sleeps.FindAllStringSubmatch(s, -1) {
		if tooLong(m[1]) || m[2] != "" && strings.HasPrefix(m[0], "receive_message") && tooLong(m[2]) {
			return fmt.Errorf("%q waits longer than %d s: %w", m[0], longestSleep, ErrDestructive)
		}
	}
	return nil
}

// tooLong reads "5", "2.5", "1e9" and "0:0:05".
func tooLong(s string) bool {
	total := 0.0
	for part := range strings.SplitSeq(strings.TrimRight(s, ".:e"), ":") {
		f, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return true
		}
		total = total*60 + f
	}
	return total > longestSleep
}

// valueReadings are the forms in which a server may come to see v, in lower case.
func valueReadings(v string) []string {
	if doc := strings.TrimSpace(v); strings.HasPrefix(doc, "<?xml") || strings.HasPrefix(doc, "<!DOCTYPE") {
		v = xmlEntity.ReplaceAllString(v, "") // the end of an entity's name is no end of a statement
	}
	var out []string
	add := func(s string) {
		// What a conversion drops may join or part words, so both are looked at.
		for _, t := range []string{s, dropOdd(s, ""), dropOdd(s, " ")} {
			t = strings.ToLower(t)
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	for range 5 { // nothing that is sent nests deeper
		wide := norm.NFKC.String(v)
		add(v)
		add(wide)
		next := wide
		if s, err := url.QueryUnescape(next); err == nil {
			next = s
		} else {
			next = loosePercent(next)
		}
		next = unicodeU.ReplaceAllStringFunc(next, func(e string) string {
			n, err := strconv.ParseUint(e[2:], 16, 16)
			if err != nil {
				return e
			}
			return string(rune(n))
		})
		next = html.UnescapeString(next)
		if next == v {
			break
		}
		v = next
	}
	return out
}

// loosePercent decodes the valid escapes of a text that has others too, as servers do.
func loosePercent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			n, _ := strconv.ParseUint(s[i+1:i+3], 16, 8) // two hex digits
			b.WriteByte(byte(n))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// dropOdd replaces control characters, zero-width characters and bytes that are no text.
func dropOdd(s, with string) string {
	var b strings.Builder
	for _, r := range s {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) {
			b.WriteString(with)
			continue
		}
		if unicode.IsSpace(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
