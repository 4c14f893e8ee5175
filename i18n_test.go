package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"miseban/internal/i18n"
)

// TestCatalogue holds the messages in the source and the English catalogue
// together: each message has its English, each entry its message, and both
// use the same {names}.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	catalogue := i18n.Catalogue()
	used := map[string]bool{}
	fset := token.NewFileSet()
	err := filepath.WalkDir("internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		for _, m := range messages(file) {
			used[m.text] = true
			en, ok := catalogue[m.text]
			if !ok && !m.japanese {
				continue // a key, a number: not said to anyone as it stands
			}
			if !ok {
				t.Errorf("%s: no English for %q", fset.Position(m.pos), m.text)
				continue
			}
			if a, b := names(m.text), names(en); a != b {
				t.Errorf("%s: values %s in Japanese, %s in English: %q", fset.Position(m.pos), a, b, en)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(used) < 100 {
		t.Errorf("only %d messages found in the source: the rule that finds them is broken", len(used))
	}
	for ja, en := range catalogue {
		if !used[ja] {
			t.Errorf("catalogue entry without a message in the source: %q", ja)
		}
		if strings.ContainsFunc(en, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }) {
			t.Errorf("English with kana: %q", en)
		}
	}
}

type message struct {
	text     string
	pos      token.Pos
	japanese bool
}

// messages finds the literals that are said to people: arguments of T, t, say,
// Unsure and NotApplicable, and what stands in a Reason.
func messages(file *ast.File) []message {
	var out []message
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, err := strconv.Unquote(lit.Value)
			if err == nil {
				out = append(out, message{s, lit.Pos(), strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) })})
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := x.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			switch name {
			case "T", "t", "Unsure", "NotApplicable", "NotExamined":
				for _, a := range x.Args {
					add(a)
				}
			}
		case *ast.CompositeLit:
			name := ""
			switch f := x.Type.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if name == "Reason" {
				for _, e := range x.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						e = kv.Value
					}
					add(e)
				}
			}
		}
		return true
	})
	return out
}

func names(s string) string {
	var out []string
	for {
		_, rest, ok := strings.Cut(s, "{")
		if !ok {
			break
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			break
		}
		name, _, _ = strings.Cut(name, ":") // {n:page|pages} is a use of n
		out = append(out, name)
		s = after
	}
	set := map[string]bool{}
	for _, n := range out {
		set[n] = true
	}
	list := make([]string, 0, len(set))
	for n := range set {
		list = append(list, n)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
