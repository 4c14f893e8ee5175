package cli

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"miseban/internal/checks"
	"miseban/internal/perform"
)

func (a *app) check() *cobra.Command {
	group := a.command("check", nil)
	list := a.command("check list", func(*cobra.Command, []string) error {
		var rows [][]string
		for _, s := range checks.All {
			for _, c := range s.Checks {
				rows = append(rows, []string{c.Name, c.Level.String(), c.Severity.Name(a.lang), a.title(c.Name)})
			}
		}
		table(a.out, rows)
		a.say(a.t("{n} 項目。説明は miseban check explain 名前 で読めます。", "n", fmt.Sprint(len(rows))))
		return nil
	})
	explain := a.command("check explain", func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(a.t("検査の名前を指定してください。一覧は miseban check list で確認できます。"))
		}
		for i, name := range args {
			if i > 0 {
				a.printf("\n")
			}
			if err := a.explainCheck(name); err != nil {
				return err
			}
		}
		return nil
	})
	explain.ValidArgsFunction = func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, s := range checks.All {
			for _, c := range s.Checks {
				if strings.HasPrefix(c.Name, begun) {
					out = append(out, c.Name)
				}
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
	group.AddCommand(list, explain)
	return group
}

func (a *app) explainCheck(name string) error {
	c, s := checks.Find(name)
	if c == nil {
		return a.unknownCheck(name)
	}
	all, err := s.LoadText(c)
	if err != nil {
		return err
	}
	t := all[a.lang]
	w := a.out
	article(w, c.Name+" — "+t.Title, "")
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  %s: %s   %s: %s   %s: %s\n", a.t("分類"), s.Title.In(a.lang), a.t("レベル"), c.Level, a.t("危険度"), c.Severity.Name(a.lang))
	if c.CWE != 0 {
		fmt.Fprintf(w, "  CWE-%d", c.CWE)
		if c.CVSS31 != "" {
			fmt.Fprintf(w, "   %s", c.CVSS31)
		}
		if c.CVSS40 != "" {
			fmt.Fprintf(w, "\n  %s", c.CVSS40)
		}
		fmt.Fprintln(w)
	}
	if reqs := a.asking(name); len(reqs) > 0 {
		fmt.Fprintln(w, hang("  "+a.t("関係する要件")+": ", strings.Join(reqs, "\n"), measure(w)))
	}
	section(w, a.t("なぜ問題か"), t.Why)
	section(w, a.t("直し方: 運用する方"), t.Operator)
	section(w, a.t("直し方: 開発会社"), t.Developer)
	refs := ""
	for _, r := range t.Refs {
		refs += "- " + mdLink.ReplaceAllString(r, "$1 $2") + "\n"
	}
	section(w, a.t("参考資料"), refs)
	return nil
}

// asking names the requirements of all editions that a check bears on.
func (a *app) asking(name string) []string {
	editions, err := perform.Released()
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range editions {
		for _, r := range e.RequirementsFor(name) {
			part := r.Part
			if p, ok := e.Part(r.Part); ok {
				part = p.Title.In(a.lang)
			}
			out = append(out, e.ID+" "+part+" "+r.Number)
		}
	}
	return out
}

func section(w io.Writer, title, body string) {
	fmt.Fprintf(w, "\n%s\n\n", title)
	for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
		if strings.HasPrefix(line, "    ") { // code, to be copied as it is
			fmt.Fprintln(w, "  "+line)
		} else {
			article(w, line, "  ")
		}
	}
}

var mdLink = regexp.MustCompile(`\[([^\]]+)\]\((https?://[^)\s]+)\)`)

// unknownCheck names the checks whose names are nearest to what was typed.
func (a *app) unknownCheck(name string) error {
	var near []string
	for _, s := range checks.All {
		for _, c := range s.Checks {
			if distance(name, c.Name) <= 3 || strings.Contains(c.Name, name) && len(name) > 2 {
				near = append(near, c.Name)
			}
		}
	}
	msg := a.t("「{name}」という検査はありません。一覧は miseban check list で確認できます。", "name", name)
	if len(near) > 0 {
		msg += "\n" + a.t("もしかして: {names}", "names", strings.Join(near, ", "))
	}
	return errors.New(msg)
}

// distance is the number of single-character edits between a and b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
