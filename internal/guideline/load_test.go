package guideline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"miseban/internal/i18n"
)

// dir reads testdata/<name> as an editions directory that a test may change.
func dir(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	root := os.DirFS(filepath.Join("testdata", name))
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, p)
		m[p] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// An office adds an edition by a folder, as docs/adding.md tells.
func TestAddEdition(t *testing.T) {
	t.Parallel()
	d := dir(t, "office")
	e, err := Load("office-rules-2026", d)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Requirements) != 2 || len(e.Questions) != 1 || e.Title.In(i18n.EN) != "The office's own rules" {
		t.Errorf("loaded %+v", e)
	}
	r, _ := e.Requirement("rule-1")
	if !r.Level.Verified || r.Level.Value != Must || r.Checks[0].Effect != Decides || r.Checks[0].Why.IsZero() {
		t.Errorf("rule-1 is %+v", r)
	}
	all, err := All(d)
	if err != nil {
		t.Fatal(err)
	}
	if own := editions(t); len(all) != len(own)+1 || !slices.ContainsFunc(all, func(o *Edition) bool { return o.ID == e.ID }) {
		t.Errorf("%d editions with the office's, %d without", len(all), len(own))
	}
}

// An office with the original in hand corrects a level: export, edit, put the
// file into its own directory.
func TestCorrectLevel(t *testing.T) {
	t.Parallel()
	b, err := Export(load(t, "ipa-ec-2023"), YAML)
	if err != nil {
		t.Fatal(err)
	}
	corrected := strings.Replace(string(b), "    level:\n      value: must\n      source: memory\n      verified: false\n",
		"    level:\n      value: needed\n      source: ipa-page\n      verified: true\n", 1)
	if corrected == string(b) {
		t.Fatal("the exported file has no level to correct")
	}
	d := fstest.MapFS{"ipa-ec-2023.yaml": {Data: []byte(corrected)}}
	e, err := Load("ipa-ec-2023", d)
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := e.Requirement("build-1"); r.Level.Value != Needed || !r.Level.Verified {
		t.Errorf("build-1's level is %+v", r.Level)
	}
	if r, _ := load(t, "ipa-ec-2023").Requirement("build-1"); r.Level.Verified {
		t.Error("the built-in edition was changed")
	}
}

func TestUnknownEdition(t *testing.T) {
	t.Parallel()
	_, err := Load("ipa-ec-1999")
	if !errors.Is(err, ErrUnknownEdition) || !strings.Contains(err.Error(), "ipa-websec-7") {
		t.Errorf("error is %v", err)
	}
}

// A mistake is told with its file, its line and what is wrong.
func TestStrict(t *testing.T) {
	t.Parallel()
	const (
		ed  = "office-rules-2026/edition.yaml"
		req = "office-rules-2026/requirements.yaml"
		qs  = "office-rules-2026/questions.yaml"
	)
	for _, c := range []struct{ name, file, old, new, want string }{
		{"unknown field", req, "number: \"1\"", "colour: red\n  number: \"1\"", req + ":3: field colour not found"},
		{"unknown level", req, "value: must", "value: musst", req + `:17: level "musst": choose one of must, needed, recommended, unknown`},
		{"unknown effect", req, "effect: decides", "effect: proves", req + `:22: effect "proves"`},
		{"field twice", req, "part: rules", "part: rules\n  part: rules", req + ":3: mapping key \"part\" already defined"},
		{"broken yaml", req, "number: \"1\"", "number: [", req + ":"},
		{"no English", req, "en: Use https on every page", "en: ''", req + ":1: rule-1: title has no en"},
		{"no Japanese", qs, "ja: 責任者", "ja: ''\n    # ja: 責任者", qs + ":1: rule-2-who: text has no ja"},
		{"unknown source", req, "source: office", "source: nowhere", `source "nowhere" is not among`},
		{"unknown part", req, "part: rules", "part: ruules", `rule-1: part "ruules" is not among`},
		{"unknown place", req, "[web-server]", "[web-sever]", `where: "web-sever" is not among`},
		{"decides without why", req, "why:\n        ja: 客が開くページは外からすべて見えます。\n        en: The pages customers open are wholly seen from outside.\n", "\n", "check https-missing: why has no ja"},
		{"same check twice", req, "- check: hsts\n", "- check: https-missing\n", `check id "https-missing" is used twice`},
		{"not a check name", req, "- check: hsts\n", "- check: HSTS!\n", `check "HSTS!"`},
		{"same id twice", req, "id: rule-2", "id: rule-1", `requirement id "rule-1" is used twice`},
		{"missing question", req, "[rule-2-who]", "[rule-2-whom]", `question "rule-2-whom" does not exist`},
		{"unasked question", req, "[rule-2-who]", "[rule-2-whom]", qs + ":1: rule-2-who: no requirement asks it"},
		{"unanswerable", req, "questions: [rule-2-who]", "", "rule-2: nothing answers it"},
		{"verified unknown", req, "value: must", "value: unknown", "level is unknown and cannot be verified"},
		{"lonely choice", req, "part: rules", "part: rules\n  choice: one", `choice "one" has only this requirement`},
		{"stale plan", ed, "[hsts]", "[hsts, sql]", `planned check "sql" is linked by nothing`},
		{"other format", ed, "format: 1", "format: 2", ed + ":1: format 2"},
		{"other id", ed, "id: office-rules-2026", "id: office-rules", ed + `:1: id "office-rules"`},
		{"no date", ed, "\"2026-04-01\"", "April", `published "April"`},
		{"unknown verdict", ed, "not-met:", "failed:", `"failed" is no verdict`},
		{"empty part", ed, "parts:\n", "parts:\n  - {id: empty, title: {ja: 空, en: Empty, source: office, verified: true}, text: {ja: なし。, en: None.}}\n", "part empty has no requirement"},
		{"second document", qs, "- id: rule-2-who", "- id: rule-2-who\n---\n- id: x", qs + ":"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dir(t, "office")
			s := string(d[c.file].Data)
			if !strings.Contains(s, c.old) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
			d[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(s, c.old, c.new, 1))}
			if _, err := LoadDir(d); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is:\n%v\nwant in it: %s", err, c.want)
			}
		})
	}
}

func TestStrictFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, data, want string }{
		{"unknown file", "office-rules-2026/notes.yaml", "a: b", "office-rules-2026/notes.yaml: an edition has"},
		{"empty file", "office-rules-2026/questions-2.yaml", "", "questions-2.yaml:1: the file is empty"},
		{"two documents", "office-rules-2026/questions-2.yaml", "[]\n---\n[]\n", "one YAML document is expected"},
		{"folder and file", "office-rules-2026.yaml", "a: b", "is also in"},
		{"no edition.yaml", "other/requirements.yaml", "[]", "other/edition.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dir(t, "office")
			d[c.file] = &fstest.MapFile{Data: []byte(c.data)}
			if _, err := LoadDir(d); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want in it: %s", err, c.want)
			}
		})
	}
	d := dir(t, "office")
	d["README.md"] = &fstest.MapFile{Data: []byte("read me")}
	d["office-rules-2026/.swp"] = &fstest.MapFile{Data: []byte("x")}
	if _, err := LoadDir(d); err != nil {
		t.Errorf("files that are no YAML should be left alone: %v", err)
	}
}

// Two mistakes are told at once.
func TestAllErrors(t *testing.T) {
	t.Parallel()
	d := dir(t, "office")
	const req = "office-rules-2026/requirements.yaml"
	s := strings.NewReplacer("[web-server]", "[moon]", "value: must", "value: unknown").Replace(string(d[req].Data))
	d[req] = &fstest.MapFile{Data: []byte(s)}
	_, err := LoadDir(d)
	if err == nil || !strings.Contains(err.Error(), "moon") || !strings.Contains(err.Error(), "cannot be verified") {
		t.Errorf("error is %v", err)
	}
	var said []string
	for _, f := range Faults(err) {
		said = append(said, f.In(i18n.JA))
	}
	want := []string{req + ":1: rule-1: level が unknown のまま、確認済み（verified: true）にはできません。", req + ":1: rule-1: where の「moon」が、この版の places にありません。"}
	if !slices.Equal(said, want) {
		t.Errorf("in Japanese %q, want %q", said, want)
	}
}

func FuzzLoadDir(f *testing.F) {
	for _, name := range []string{"edition", "requirements", "questions"} {
		b, err := os.ReadFile(filepath.Join("testdata", "office", "office-rules-2026", name+".yaml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("requirements: &a [*a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := LoadDir(fstest.MapFS{"x.yaml": {Data: b}})
		if err != nil {
			return
		}
		for _, e := range all {
			e.Rows()
			if _, err := Export(e, YAML); err != nil {
				t.Error(err)
			}
		}
	})
}
