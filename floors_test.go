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
)

// floors says which floor each room stands on. A room imports lower floors,
// and of its own floor only what beside names. A new room is a decision: it
// is written here; docs/rooms.md says what each room is for.
var floors = map[string]int{
	"i18n": 0, "i18n/en": 0, "verdict": 0, "wire": 0,
	"intel": 1, "guideline": 1, "handout": 1, "page": 1, "signin": 1, "mailbox": 1, "check": 1,
	"crawl": 2, "browser": 2, "checks/*": 2, "checks/*/*": 2, "check/checktest": 2, "account": 2, "probe": 2, "programme": 2, "selection": 2, "programme/sample": 3, "survey": 2, "paper": 2,
	"checks": 3, "crawl/crawltest": 3, "diagnose": 3, "assessment": 3, "statistics": 3, "report": 3, "workflow": 3, "notice": 3, "notice/noticetest": 3,
	"store": 4, "report/*": 4,
	"store/storetest": 0, // files for tests of the store and of what stands on it
	"testshop":        4, // imports nothing above i18n, and only commands, tests and benches import it
	"perform":         5, "jobs": 5, "web/view": 5, "web": 6,
	"cli": 6,
}

// beside names the rooms of the same floor that a room may import.
var beside = map[string][]string{
	"jobs":            {"perform"},
	"cli":             {"web"},
	"i18n":            {"i18n/en"},
	"verdict":         {"i18n"},
	"wire":            {"i18n"},
	"signin":          {"page"},
	"check":           {"intel", "mailbox", "page", "signin"},
	"crawl/crawltest": {},
	"survey":          {"account"},
	"diagnose":        {},
	"selection":       {"account", "programme"},
	"paper":           {"account"},
	"assessment":      {"diagnose"},
	"report":          {"assessment", "diagnose"},
	"statistics":      {"assessment"},
	"workflow":        {"assessment", "diagnose", "report"},
	"notice":          {"report"},
	"programme":       {"account"},
	"report/*":        {"report/*"},
	"checks/*":        {"checks/*/*", "probe"},
}

func TestFloors(t *testing.T) {
	t.Parallel()
	for path, file := range sources(t, parser.ImportsOnly) {
		room := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "internal/")
		mine, ok := floorOf(room)
		if !ok {
			t.Errorf("%s: room %q is on no floor: decide, and write it into floors", path, room)
			continue
		}
		for _, imp := range file.Imports {
			p, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := strings.CutPrefix(p, "miseban/internal/"); ok {
				theirs, known := floorOf(other)
				if !known || theirs > mine || theirs == mine && !mayStandBeside(room, other) {
					t.Errorf("%s imports %s: floor %d looks at floor %d", path, other, mine, theirs)
				}
				continue
			}
			if !allowed(room, p) {
				t.Errorf("%s imports %s, which only other rooms may", path, p)
			}
		}
	}
}

// allowed is for imports from outside the module that belong to certain rooms.
func allowed(room, imp string) bool {
	switch imp {
	case "database/sql":
		// The demo shop's search is asked of real SQL, in memory, so that what a
		// check says of injection is held against a database and not against us.
		return room == "store" || room == "jobs" || room == "testshop"
	case "os/exec":
		return room == "browser"
	case "net/smtp":
		return room == "notice" || room == "testshop" // the demo shop mails its members
	case "net":
		return !strings.HasPrefix(room, "checks/") || strings.HasSuffix(room, "test")
	}
	if strings.HasPrefix(imp, "github.com/riverqueue/") {
		return room == "jobs"
	}
	return true
}

// TestChecksSendNothingByThemselves: whatever a check asks goes through its
// Pass. Of net/http, the rooms under checks may use constants and parsers only.
func TestChecksSendNothingByThemselves(t *testing.T) {
	t.Parallel()
	banned := map[string][]string{
		"http": {"Client", "DefaultClient", "DefaultTransport", "Transport", "Get", "Head", "Post", "PostForm", "NewRequest", "NewRequestWithContext", "ListenAndServe"},
		"tls":  {"Dial", "DialWithDialer", "Dialer"},
	}
	seen := 0
	for path, file := range sources(t, parser.SkipObjectResolution) {
		dir := filepath.ToSlash(path)
		if !strings.HasPrefix(dir, "internal/checks/") || strings.Contains(dir, "test/") {
			continue
		}
		seen++
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(banned[pkg.Name], sel.Sel.Name) {
				t.Errorf("%s uses %s.%s: ask through the Pass", path, pkg.Name, sel.Sel.Name)
			}
			return true
		})
		for _, imp := range file.Imports {
			if imp.Path.Value == `"miseban/internal/guideline"` {
				t.Errorf("%s imports guideline: checks never name a guideline", path)
			}
		}
	}
	if seen == 0 {
		t.Error("no check was looked at")
	}
}

// TestOneWayOut: outside wire, the browser and what only listens, no room dials,
// but the one file that talks to the operator's mail server.
func TestOneWayOut(t *testing.T) {
	t.Parallel()
	banned := map[string][]string{
		"net":  {"Dial", "DialTimeout", "Dialer", "DialTCP", "DialUDP", "LookupHost", "LookupIP", "LookupAddr", "LookupMX", "LookupTXT", "LookupNS", "LookupCNAME", "Resolver", "DefaultResolver"},
		"http": {"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport"},
	}
	for path, file := range sources(t, parser.SkipObjectResolution) {
		dir := filepath.ToSlash(path)
		if strings.HasPrefix(dir, "internal/wire/") || dir == "internal/notice/smtp.go" || strings.Contains(dir, "testshop/") || strings.Contains(dir, "test/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(banned[pkg.Name], sel.Sel.Name) {
					t.Errorf("%s uses %s.%s: wire is the only way out", path, pkg.Name, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// sources parses every Go file under internal that is no test. The files are
// read here, not by a child "go list", whose answer could come from a cache.
func sources(t *testing.T, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	out := map[string]*ast.File{}
	fset := token.NewFileSet()
	err := filepath.WalkDir("internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, mode)
		out[path] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d files found", len(out))
	}
	return out
}

// floorOf finds a room's floor; "checks/*" stands for the rooms below checks.
func floorOf(room string) (int, bool) {
	if f, ok := floors[room]; ok {
		return f, true
	}
	f, ok := floors[pattern(room)]
	return f, ok
}

func pattern(room string) string {
	parts := strings.Split(room, "/")
	for i := 1; i < len(parts); i++ {
		parts[i] = "*"
	}
	return strings.Join(parts, "/")
}

func mayStandBeside(room, other string) bool {
	for _, r := range []string{room, pattern(room)} {
		if slices.Contains(beside[r], other) || slices.Contains(beside[r], pattern(other)) && strings.HasPrefix(other, strings.TrimSuffix(room, "/*")) {
			return true
		}
	}
	return false
}

// TestShort: scripts/test.sh picks the tests that skip with testing.Short() by
// their names, so only a test itself may ask for it.
func TestShort(t *testing.T) {
	t.Parallel()
	n := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(x ast.Node) bool {
				if s, ok := x.(*ast.SelectorExpr); ok && s.Sel.Name == "Short" {
					if p, ok := s.X.(*ast.Ident); ok && p.Name == "testing" {
						n++
						if f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
							t.Errorf("%s: %s asks testing.Short(); let the test ask", path, f.Name.Name)
						}
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil || n < 20 {
		t.Fatalf("%d tests ask testing.Short(): %v", n, err)
	}
}
