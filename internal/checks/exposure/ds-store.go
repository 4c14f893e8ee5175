package exposure

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DSStore asks whether the list that macOS keeps of a folder was uploaded with
// it: it names files that no page links to.
var DSStore = &check.Check{
	Name: "ds-store", Level: wire.Safe, Severity: check.Low, CWE: 538,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(finders, 16<<10, provesDSStore),
}

// finders are the root and the two folders with the most files.
func finders(p *check.Pass, r *running) []string {
	out := r.paths(candidate{path: ".DS_Store"})
	dirs := folders(p, r)
	for _, dir := range dirs[:min(len(dirs), 2)] {
		if path := dir + ".DS_Store"; path != out[len(out)-1] {
			out = append(out, path)
		}
	}
	return out
}

var dsMagic = []byte("\x00\x00\x00\x01Bud1")

func provesDSStore(pg *page.Page) *proof {
	b := plain(pg)
	if !bytes.HasPrefix(b, dsMagic) {
		return nil
	}
	names := clip(joinNames(dsNames(b), 5), 200)
	return &proof{Args: i18n.Args{"names": names}, Excerpt: names}
}

// dsNames reads the file names of a .DS_Store: each record is a length, a name
// in UTF-16, and a code of four letters.
func dsNames(b []byte) []string {
	var out []string
	seen := map[string]bool{}
	for i := len(dsMagic); i+4 < len(b) && len(out) < 50; i++ {
		n := int(binary.BigEndian.Uint32(b[i:]))
		end := i + 4 + 2*n
		if n < 1 || n > 255 || end+8 > len(b) || !letters(b[end:end+8]) {
			continue
		}
		u := make([]uint16, n)
		for j := range u {
			u[j] = binary.BigEndian.Uint16(b[i+4+2*j:])
		}
		name := string(utf16.Decode(u))
		if name != "." && !seen[name] && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '\uFFFD' }) {
			seen[name] = true
			out = append(out, name)
		}
		i = end + 7
	}
	return out
}

func letters(b []byte) bool {
	for _, c := range b {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
