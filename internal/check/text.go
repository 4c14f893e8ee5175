package check

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// Text is what people read about a check, in one language. All parts are
// Markdown with {names}; Title is one line that states the fault.
type Text struct {
	Title     string
	Seen      map[string]string // by Finding.Case; "" is the one for findings without a case
	Why       string            // why it matters to a shop
	Operator  string            // how to repair it, for the person who runs the shop
	Developer string            // how to repair it, for who builds it
	Refs      []string          // list items: "[title](https://…)", "CWE-614", "JVN#12345678"
}

var headings = map[string]string{
	"見つかったこと": "seen", "なぜ問題か": "why", "直し方: 運用する方": "operator", "直し方: 開発会社": "developer", "参考": "refs",
	"What was seen": "seen", "Why it matters": "why", "How to fix: operator": "operator", "How to fix: developer": "developer", "References": "refs",
}

// ParseText reads a check's Markdown file: "# ja" and "# en", each with a title
// line and the sections of headings. "## 見つかったこと: weak" (en: "## What was
// seen: weak") is the text for findings whose Case is "weak". Everything
// missing or unknown is an error that names it.
func ParseText(md string) (map[i18n.Lang]Text, error) {
	out := map[i18n.Lang]Text{}
	for _, part := range strings.Split("\n"+strings.ReplaceAll(md, "\r\n", "\n"), "\n# ")[1:] {
		head, rest, _ := strings.Cut(part, "\n")
		lang, err := i18n.ParseLang(strings.TrimSpace(head))
		if err != nil {
			return nil, fmt.Errorf("heading %q: want # ja or # en", head)
		}
		t, err := parseOne(rest)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lang, err)
		}
		out[lang] = t
	}
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		if _, ok := out[l]; !ok {
			return nil, fmt.Errorf("no # %s part", l)
		}
	}
	var ja, en []string
	for k := range out[i18n.JA].Seen {
		ja = append(ja, k)
	}
	for k := range out[i18n.EN].Seen {
		en = append(en, k)
	}
	slices.Sort(ja)
	slices.Sort(en)
	if !slices.Equal(ja, en) {
		return nil, fmt.Errorf("cases differ: ja %q, en %q", ja, en)
	}
	return out, nil
}

func parseOne(s string) (Text, error) {
	t := Text{Seen: map[string]string{}}
	sections := strings.Split("\n"+s, "\n## ")
	t.Title = strings.TrimSpace(sections[0])
	if t.Title == "" || strings.Contains(t.Title, "\n") {
		return t, fmt.Errorf("the first line must be the title, alone: %q", t.Title)
	}
	for _, sec := range sections[1:] {
		head, body, _ := strings.Cut(sec, "\n")
		// Spaces before the first line stay: four of them begin a block of code.
		head, body = strings.TrimSpace(head), strings.TrimRight(strings.TrimLeft(body, "\n"), " \t\n")
		if body == "" {
			return t, fmt.Errorf("section %q is empty", head)
		}
		part, which := headings[head], ""
		if part == "" {
			base, c, ok := strings.Cut(head, ": ")
			if !ok || headings[base] != "seen" {
				return t, fmt.Errorf("unknown section %q", head)
			}
			part, which = "seen", c
		}
		switch part {
		case "seen":
			t.Seen[which] = body
		case "why":
			t.Why = body
		case "operator":
			t.Operator = body
		case "developer":
			t.Developer = body
		case "refs":
			for _, line := range strings.Split(body, "\n") {
				if item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
					t.Refs = append(t.Refs, item)
				}
			}
		}
	}
	for name, v := range map[string]string{"why": t.Why, "operator": t.Operator, "developer": t.Developer, "refs": strings.Join(t.Refs, "")} {
		if v == "" {
			return t, fmt.Errorf("section for %s is missing", name)
		}
	}
	if len(t.Seen) == 0 {
		return t, fmt.Errorf("section for what was seen is missing")
	}
	return t, nil
}

// LoadText reads the text of c from its suite.
func (s *Suite) LoadText(c *Check) (map[i18n.Lang]Text, error) {
	b, err := fs.ReadFile(s.Texts, c.Name+".md")
	if err != nil {
		return nil, fmt.Errorf("text of check %s: %w", c.Name, err)
	}
	t, err := ParseText(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s.md: %w", c.Name, err)
	}
	return t, nil
}

// Describe fills the text for one finding: the sentence for its case with the values in place.
func (t Text) Describe(f *Finding, l i18n.Lang) string {
	s, ok := t.Seen[f.Case]
	if !ok {
		s = t.Seen[""]
	}
	args := i18n.Args{}
	for k, v := range f.Args {
		args[k] = v
	}
	for k, v := range f.Words {
		args[k] = v.In(l)
	}
	return i18n.Format(s, args)
}

var placeholder = regexp.MustCompile(`\{([a-z_0-9]+)(?::[^{}|]*\|[^{}|]*)?\}`)

// Placeholders lists the {names} a text uses, sorted, once each.
func Placeholders(s string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}
