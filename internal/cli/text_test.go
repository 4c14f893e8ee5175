package cli

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"miseban/internal/i18n"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 8, []string{"one two", "three"}},
		{"お店のページ、です。", 12, []string{"お店のペー", "ジ、です。"}}, // no line begins with 、
		{"番号 r20261121-031200-abcde です", 12, []string{"番号", "r20261121-031200-abcde", "です"}},
		{"見る: https://shop.example/a-b/c?d=e", 20, []string{"見る:", "https://shop.example/a-b/c?d=e"}},
		{"a\nb", 10, []string{"a", "b"}},
	} {
		if d := cmp.Diff(x.want, wrap(x.text, x.width)); d != "" {
			t.Errorf("wrap(%q, %d) (-want +got):\n%s", x.text, x.width, d)
		}
	}
}

func TestGlue(t *testing.T) {
	t.Parallel()
	got := wrap("記録を置くフォルダ"+glue("（既定: ~/miseban data）"), 30)
	if want := []string{"記録を置くフォルダ", "（既定: ~/miseban data）"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		text string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"お店番", 6, "お店番"}, {"お店番", 5, "お店…"}, {"お店番", 4, "お…"}} {
		if got := cut(x.text, x.n); got != x.want {
			t.Errorf("cut(%q, %d) = %q, want %q", x.text, x.n, got, x.want)
		}
	}
}

// TestTable: columns line up by the width that is seen, and what comes from a
// shop cannot steer the terminal.
func TestTable(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	table(&b, [][]string{{"名前", "高", "a\x1b[2Jb"}, {"x", "緊急", "c"}})
	if want := "名前  高    a\ufffd[2Jb\nx     緊急  c\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// TestHelp: every command has its page in both languages with the same
// examples, every flag its value's word, and no line is wider than a terminal
// unless it holds a command or an address.
func TestHelp(t *testing.T) {
	t.Parallel()
	examples := map[string]int{}
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		a := &app{lang: lang, in: strings.NewReader(""), out: io.Discard, err: io.Discard}
		var walk func(*cobra.Command)
		walk = func(c *cobra.Command) {
			var b bytes.Buffer
			c.SetOut(&b)
			if err := c.Help(); err != nil {
				t.Fatal(err)
			}
			if c.Short == "" {
				t.Errorf("%s (%s): no summary", c.CommandPath(), lang)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if uniseg.StringWidth(line) > 80 && !strings.HasPrefix(line, "  miseban ") {
					t.Errorf("%s (%s): %d columns: %s", c.CommandPath(), lang, uniseg.StringWidth(line), line)
				}
			}
			n := strings.Count(c.Example, "\n")
			if m, ok := examples[c.CommandPath()]; ok && m != n {
				t.Errorf("%s: other examples in %s", c.CommandPath(), lang)
			}
			examples[c.CommandPath()] = n
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if f.Value.Type() != "bool" && valueWords[f.Name] == "" {
					t.Errorf("%s --%s: no word for its value", c.CommandPath(), f.Name)
				}
			})
			for _, sub := range c.Commands() {
				walk(sub)
			}
		}
		walk(a.root())
	}
}
