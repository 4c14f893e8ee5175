package guideline

import (
	"os"
	"strings"
	"testing"

	"miseban/internal/i18n"
)

// What is written as a library of CISO Assistant is read back with the same
// requirements in the same order, the same texts and the same questions, and
// nothing of it is confirmed.
func TestLibrary(t *testing.T) {
	t.Parallel()
	for _, e := range editions(t) {
		b, err := Library(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ReadLibrary(b)
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if back.ID != e.ID || back.Title.Text != e.Title.Text || back.Revision != e.Revision*100 || len(back.Parts) != len(e.Parts) || len(back.Requirements) != len(e.Requirements) {
			t.Fatalf("%s came back as %s with %d parts and %d requirements", e.ID, back.ID, len(back.Parts), len(back.Requirements))
		}
		for i := range e.Requirements {
			r, o := &e.Requirements[i], &back.Requirements[i]
			asked := 0
			for _, q := range e.QuestionsFor(r.ID) {
				for _, k := range back.QuestionsFor(o.ID) {
					if k.Text == q.Text {
						asked++
					}
				}
			}
			if o.Text != r.Text || o.Title.Verified || o.Verified || !strings.HasSuffix(o.Title.JA, r.Title.JA) || asked != len(r.Questions) {
				t.Errorf("%s/%s came back as %+v with %d questions", e.ID, r.ID, o.Title, asked)
			}
		}
		sure := 0
		for _, r := range e.Requirements {
			if r.Level.Value == Must && r.Level.Verified {
				sure++
			}
		}
		if n := strings.Count(string(b), "- must\n"); n != sure {
			t.Errorf("%s: %d levels are told, %d are confirmed", e.ID, n, sure)
		}
		if d := Compare(e, back); len(d.More)+len(d.Less)+len(d.Other) > 0 {
			t.Errorf("%s: it differs: %+v", e.ID, d)
		}
	}
}

const someLibrary = `urn: urn:example:risk:library:small
locale: fr
ref_id: SMALL-2026
name: Petit guide
version: 2
publication_date: 2026-01-05
provider: Exemple
objects:
  framework:
    urn: urn:example:risk:framework:small
    ref_id: SMALL-2026
    name: Petit guide
    translations: {en: {name: Small guide}}
    requirement_nodes:
    - {urn: "urn:example:risk:req_node:small:1", assessable: false, depth: 1, ref_id: "1", name: Accès, translations: {en: {name: Access}}}
    - {urn: "urn:example:risk:req_node:small:1.1", assessable: true, depth: 2, parent_urn: "urn:example:risk:req_node:small:1", ref_id: "1.1", description: Des mots de passe longs}
    - {urn: "urn:example:risk:req_node:small:x", assessable: true, depth: 1, name: Sauvegarde}
`

func TestReadLibrary(t *testing.T) {
	t.Parallel()
	e, err := ReadLibrary([]byte(someLibrary))
	if err != nil {
		t.Fatal(err)
	}
	r := &e.Requirements[0]
	if e.ID != "small-2026" || e.Title.EN != "Small guide" || e.Title.JA != "Small guide" || e.Published.Value != "2026-01-05" || r.ID != "1.1" || r.Number != "1.1" || r.Text.JA != "Des mots de passe longs" || e.Parts[0].Title.EN != "Access" || e.Parts[1].ID != "all" {
		t.Errorf("read as %+v", e)
	}
	if q := e.QuestionsFor(r.ID); len(q) != 1 || q[0].Text.In(i18n.JA) != "「Des mots de passe longs」を満たしていますか。" {
		t.Errorf("asked is %+v", q)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"no framework": {"framework:", "risk_matrix:", "フレームワーク（objects の framework）がありません"},
		"no parent":    {`parent_urn: "urn:example:risk:req_node:small:1"`, `parent_urn: "urn:other"`, "library:16: parent_urn「urn:other」"},
		"twice":        {"req_node:small:x", "req_node:small:1", "library:17: urn「urn:example:risk:req_node:small:1」が重なっています"},
		"nothing":      {"assessable: true", "assessable: false", "評価する要件"},
		"an alias":     {"name: Petit guide\nversion", "name: &a Petit guide\ncopyright: *a\nversion", "YAML の参照（*）は使えません"},
		"not UTF-8":    {"Accès", "Acc\xe8s", "UTF-8 ではありません"},
		"shape":        {"version: 2", "version: [a]", "値の形が違います"},
		"too long":     {"Sauvegarde", strings.Repeat("a", mostLibraryText+1), "文が長すぎます"},
		"too deep":     {"version: 2", "version: 2\nmore: " + strings.Repeat("[", 60) + strings.Repeat("]", 60), "入れ子が深すぎます"},
		"empty":        {someLibrary, "", "ファイルが空です"},
	} {
		_, err := ReadLibrary([]byte(strings.ReplaceAll(someLibrary, c.from, c.to)))
		said := ""
		for _, f := range Faults(err) {
			said += f.In(i18n.JA) + "\n"
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("%s: %q (%v), want %q", name, said, err, c.want)
		}
	}
}

// FuzzReadLibrary: whatever comes in ends, and what is accepted is an edition
// that is written and read again as it is.
func FuzzReadLibrary(f *testing.F) {
	f.Add([]byte(someLibrary))
	f.Add([]byte("objects: {framework: {requirement_nodes: [{urn: a, assessable: true}]}}"))
	f.Add([]byte("a: &a [*a]\nobjects: *a"))
	if b, err := os.ReadFile("editions/ipa-wkd/edition.yaml"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ReadLibrary(data)
		if err != nil {
			if len(Faults(err)) == 0 {
				t.Errorf("refused without a word: %v", err)
			}
			return
		}
		b, err := Export(e, YAML)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Read(e.ID, b)
		if err != nil {
			t.Fatalf("accepted and not read again: %v", err)
		}
		if _, err := Library(back); err != nil {
			t.Fatal(err)
		}
	})
}
