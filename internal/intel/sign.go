package intel

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// SignKind says where a sign is looked for, and so what text it is matched against.
type SignKind string

// Where signs are looked for.
const (
	InHTML      SignKind = "html"      // the decoded text of a page
	InGenerator SignKind = "generator" // the content of <meta name="generator">
	InHeader    SignKind = "header"    // one response header as "name: value", the name in lower case
	InCookie    SignKind = "cookie"    // one cookie as "name=value"
	InScript    SignKind = "script"    // the absolute address of an external script
	InLink      SignKind = "link"      // the absolute address of a style sheet
	InAsset     SignKind = "asset"     // the absolute address of a script, style sheet, image or frame
	InURL       SignKind = "url"       // the absolute address of a page or of a link or form on it
	InHost      SignKind = "host"      // the shop's own host name, or a name its DNS entry points to
	InFile      SignKind = "file"      // the body answered for Sign.Path
	InBanner    SignKind = "banner"    // what a TCP service says first
)

// Proof says what a sign proves.
type Proof string

// What a sign can prove.
const (
	ProvesPackage Proof = "package" // the product
	ProvesBranch  Proof = "branch"  // the branch in Sign.Branch or in the first submatch
	ProvesRange   Proof = "range"   // a version from Sign.From to Sign.To
	ProvesVersion Proof = "version" // the version in the first submatch
)

// Alarm is how easily a sign is seen where the product is not.
type Alarm string

// The risks of a false alarm. AlarmHigh signs only support others.
const (
	AlarmLow    Alarm = "low"
	AlarmMedium Alarm = "medium"
	AlarmHigh   Alarm = "high"
)

// Sign is one passive mark of a product.
type Sign struct {
	Product string   `yaml:"product"`
	Kind    SignKind `yaml:"kind"`
	Path    string   `yaml:"path,omitempty"` // InFile: what to ask for
	Re      string   `yaml:"re"`
	Proves  Proof    `yaml:"proves"`
	Branch  string   `yaml:"branch,omitempty"`
	From    Version  `yaml:"from,omitempty"`
	To      Version  `yaml:"to,omitempty"`
	// Weight is 1 (a hint) to 10 (a proof by itself).
	Weight int    `yaml:"weight"`
	Alarm  Alarm  `yaml:"alarm"`
	Source string `yaml:"source"`
	// Hit and Miss are samples that the expression must and must not match.
	Hit  []string `yaml:"hit"`
	Miss []string `yaml:"miss"`

	re      *regexp.Regexp
	needles []string // every match contains them all
}

// ID names the sign in an estimate's basis.
func (s *Sign) ID() string { return string(s.Kind) + ": " + s.Re }

// Observation is one text a shop gave away, ready to be held against the signs.
type Observation struct {
	Kind SignKind
	Path string // InFile: which file it is
	Text string
}

// SignHit is a sign that was seen.
type SignHit struct {
	Sign    *Sign
	Version Version // ProvesVersion
	Branch  string  // ProvesBranch
	Text    string  // what matched
}

// covers says whether version v is one that the hit allows.
func (h SignHit) covers(b *Bundle, v Version) bool {
	if h.Sign.Proves == ProvesBranch {
		return b.Branch(h.Sign.Product, v) == h.Branch
	}
	return Range{From: h.Sign.From, To: h.Sign.To}.Contains(v)
}

// maxSignMatch bounds what a hit repeats of the shop's text.
const maxSignMatch = 200

// Signs lists all signs in the order of the data.
func (b *Bundle) Signs() []*Sign { return b.signs }

// SignFiles lists the files that signs of product ask for, without repetition.
func (b *Bundle) SignFiles(product string) (paths []string) {
	for _, s := range b.signs {
		if s.Product == product && s.Kind == InFile && !slices.Contains(paths, s.Path) {
			paths = append(paths, s.Path)
		}
	}
	return paths
}

// Identify holds one observation against all signs of its kind. A sign whose
// version cannot be read still proves its product.
func (b *Bundle) Identify(o Observation) []SignHit {
	var hits []SignHit
	for _, s := range b.signsByKind[o.Kind] {
		if s.Kind == InFile && s.Path != o.Path || !containsAll(o.Text, s.needles) {
			continue
		}
		m := s.re.FindStringSubmatch(o.Text)
		if m == nil {
			continue
		}
		h := SignHit{Sign: s, Branch: s.Branch, Text: clip(m[0], maxSignMatch)}
		if len(m) > 1 && m[1] != "" {
			switch s.Proves {
			case ProvesVersion:
				h.Version, _ = Parse(m[1])
			case ProvesBranch:
				h.Branch = m[1]
			}
		}
		hits = append(hits, h)
	}
	return hits
}

// compile prepares the sign and refuses one that could not work.
func (s *Sign) compile() error {
	var err error
	if s.re, err = regexp.Compile(s.Re); err != nil {
		return err
	}
	switch {
	case s.Proves == ProvesVersion && s.re.NumSubexp() < 1:
		return fmt.Errorf("%s: no submatch for the version", s.Re)
	case s.Proves == ProvesBranch && s.Branch == "" && s.re.NumSubexp() < 1:
		return fmt.Errorf("%s: no branch", s.Re)
	case s.Proves == ProvesRange && s.From.IsZero() && s.To.IsZero():
		return fmt.Errorf("%s: no range", s.Re)
	case s.Kind == InFile && s.Path == "":
		return fmt.Errorf("%s: no path", s.Re)
	}
	s.needles = literals(s.Re)
	return nil
}

// literals are the texts that every match of re contains, found without
// running it: most pages miss one of them, and looking for them is cheap.
func literals(re string) (found []string) {
	tree, err := syntax.Parse(re, syntax.Perl)
	if err != nil {
		return nil
	}
	var walk func(*syntax.Regexp)
	walk = func(r *syntax.Regexp) {
		switch r.Op {
		case syntax.OpLiteral:
			if r.Flags&syntax.FoldCase == 0 && len(r.Rune) > 2 {
				found = append(found, string(r.Rune))
			}
		case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
			for _, sub := range r.Sub {
				walk(sub)
			}
		}
	}
	walk(tree.Simplify())
	// The longest is the rarest.
	slices.SortStableFunc(found, func(a, b string) int { return len(b) - len(a) })
	return found
}

func containsAll(text string, needles []string) bool {
	for _, n := range needles {
		if !strings.Contains(text, n) {
			return false
		}
	}
	return true
}
