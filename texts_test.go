package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// spellings holds the texts that people read to one spelling each. The first
// column must not occur, unless it stands in one of the words of allow.
var spellings = []struct {
	bad   *regexp.Regexp
	good  string
	allow []string
}{
	{regexp.MustCompile(`サーバー`), "サーバ", nil},
	{regexp.MustCompile(`ユーザー?`), "お客様、会員、ログイン名", []string{"「ユーザー名漏えい防御」"}}, // the name of a plug-in's function
	{regexp.MustCompile(`ブラウザー`), "ブラウザ", nil},
	{regexp.MustCompile(`ヘッダー`), "ヘッダ", nil},
	{regexp.MustCompile(`フォルダー`), "フォルダ", nil},
	{regexp.MustCompile(`クッキー`), "Cookie", nil},
	{regexp.MustCompile(`お客さま`), "お客様", nil},
	{regexp.MustCompile(`御社|貴社`), "お店", nil},
	{regexp.MustCompile(`だれ[がでもにの]`), "誰", nil},
	{regexp.MustCompile(`気付`), "気づ", nil},
	{regexp.MustCompile(`下さい`), "ください", nil},
	{regexp.MustCompile(`出来(る|ない|ます|ません)`), "できる", nil},
	{regexp.MustCompile(`全て`), "すべて", nil},
	{regexp.MustCompile(`[２-９０１Ａ-Ｚａ-ｚ]`), "half-width digits and letters", nil},
	{regexp.MustCompile(`必ず安全|絶対に?安全|完全に安全`), "no promise of safety", nil},
	{regexp.MustCompile(`であるべきで|しなければなりません`), "a request (してください)", nil},
}

// TestSpelling looks at the Markdown of checks, the Japanese of messages and
// catalogues, the editions and the documents.
func TestSpelling(t *testing.T) {
	t.Parallel()
	var seen int
	look := func(where, text string) {
		seen++
		for _, s := range spellings {
			rest := text
			for _, word := range s.allow {
				rest = strings.ReplaceAll(rest, word, "")
			}
			if bad := s.bad.FindString(rest); bad != "" {
				t.Errorf("%s: %q: write %s", where, bad, s.good)
			}
		}
	}
	files := []string{"README.ja.md"}
	for _, root := range []string{"internal", "docs"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.Contains(filepath.ToSlash(path), "/testdata/") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range files {
		switch slash := filepath.ToSlash(path); {
		case strings.HasSuffix(path, ".md"), strings.HasSuffix(path, ".txt") && strings.Contains(slash, "/help/"),
			strings.HasPrefix(slash, "internal/i18n/"), strings.HasPrefix(slash, "internal/guideline/editions/"):
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(b), "\n") {
				look(path+":"+strconv.Itoa(i+1), line)
			}
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range japanese(file) {
				look(fset.Position(text.pos).String(), text.text)
			}
		}
	}
	if seen < 5000 {
		t.Errorf("only %d texts were looked at: the rule that finds them is broken", seen)
	}
}

// japanese finds what is said to people in a file: its messages, and the JA of
// every i18n.Text.
func japanese(file *ast.File) []message {
	out := messages(file)
	ast.Inspect(file, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "JA" {
			ast.Inspect(kv.Value, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						out = append(out, message{text: s, pos: lit.Pos()})
					}
				}
				return true
			})
		}
		return true
	})
	return out
}
