package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
)

func (a *app) report() *cobra.Command {
	var pf reportFlags
	cmd := a.command("report", func(cmd *cobra.Command, args []string) error {
		if err := pf.check(a, cmd); err != nil {
			return err
		}
		return a.withRun(cmd.Context(), args, func(ctx context.Context, db *store.DB, run *diagnose.Run) error {
			doc, err := a.document(ctx, db, run)
			if err != nil {
				return err
			}
			files, err := a.write(doc, &pf)
			a.wrote(files)
			return err
		})
	})
	pf.add(a, cmd)
	_ = cmd.Flags().MarkHidden("fail-on")
	return cmd
}

// withRun opens the store and the run that args name; "last" or nothing is the newest.
func (a *app) withRun(ctx context.Context, args []string, f func(context.Context, *store.DB, *diagnose.Run) error) error {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	id := "last"
	if len(args) == 1 {
		id = args[0]
	}
	run, err := a.find(ctx, db, id)
	if err != nil {
		return err
	}
	return f(ctx, db, run)
}

func (a *app) find(ctx context.Context, db *store.DB, id string) (*diagnose.Run, error) {
	if id == "last" {
		heads, err := db.Runs(ctx, 1)
		if err != nil {
			return nil, err
		}
		if len(heads) == 0 {
			return nil, errors.New(a.t("保存された診断はまだありません。miseban diagnose URL で始めてください。"))
		}
		id = heads[0].ID
	}
	run, err := db.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errors.New(a.t("診断 {id} は見つかりません。miseban runs で一覧を確認できます。", "id", id))
	}
	return run, err
}

func (a *app) runs() *cobra.Command {
	return a.command("runs", func(cmd *cobra.Command, _ []string) error {
		db, err := a.open(cmd.Context())
		if err != nil {
			return err
		}
		defer db.Close()
		heads, err := db.Runs(cmd.Context(), 50)
		if err != nil {
			return err
		}
		if len(heads) == 0 {
			a.printf("%s\n", a.t("保存された診断はまだありません。miseban diagnose URL で始めてください。"))
			return nil
		}
		states := map[string]string{
			string(diagnose.Finished): a.t("完了"), string(diagnose.Stopped): a.t("中断"),
			string(diagnose.Failed): a.t("確認できず"), string(diagnose.Running): a.t("未完了"),
		}
		var rows [][]string
		for _, h := range heads {
			rows = append(rows, []string{h.ID, h.Started.In(report.Tokyo()).Format("2006-01-02 15:04"), h.Level, states[h.State], h.Shop})
		}
		table(a.out, rows)
		return nil
	})
}

func (a *app) compare() *cobra.Command {
	return a.command("compare", func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 {
			return errors.New(a.t("比べる診断の番号を2つ、古い方から指定してください。"))
		}
		ctx := cmd.Context()
		db, err := a.open(ctx)
		if err != nil {
			return err
		}
		defer db.Close()
		earlier, err := a.find(ctx, db, args[0])
		if err != nil {
			return err
		}
		later, err := a.find(ctx, db, args[1])
		if err != nil {
			return err
		}
		if later.Started.Before(earlier.Started) {
			earlier, later = later, earlier
			a.say(a.t("古い診断と新しい診断の順が逆だったため、入れ替えて比べました。"))
		}
		if earlier.Shop != later.Shop {
			a.say(a.t("2つの診断の対象が違います（{a}、{b}）。", "a", earlier.Shop, "b", later.Shop))
		}
		a.showCompared(diagnose.Compare(earlier, later))
		return nil
	})
}

func (a *app) showCompared(list []diagnose.Compared) {
	words := map[diagnose.Change]string{
		diagnose.New: a.t("新しく見つかったもの"), diagnose.Still: a.t("残っているもの"),
		diagnose.Fixed: a.t("直ったもの"), diagnose.NotLookedAt: a.t("今回は確認していないもの"),
	}
	if len(list) == 0 {
		a.printf("%s\n", a.t("どちらの診断にも検出事項はありません。"))
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Change == list[0].Change {
			n++
		}
		a.printf("%s\n", a.t("{change}（{n}）", "change", words[list[0].Change], "n", fmt.Sprint(n)))
		var rows [][]string
		for _, c := range list[:n] {
			rows = append(rows, []string{"  " + c.Finding.Severity.Name(a.lang), a.title(c.Finding.Check) + " — " + a.place(&c.Finding)})
		}
		table(a.out, rows)
		list = list[n:]
	}
}

// place is where a finding is, in the user's language; what is found several
// times in one piece of software is told apart by its number.
func (a *app) place(f *check.Finding) string {
	_, s := checks.Find(f.Check)
	if s == nil {
		return f.Where
	}
	place := report.Place(f, s.Name, a.lang)
	if s.Name == "software" && f.Parameter != "" && !strings.Contains(place, f.Parameter) {
		place += " " + f.Parameter
	}
	return place
}

// title is the title of a check in the user's language, or its name when this version does not know it.
func (a *app) title(name string) string {
	c, s := checks.Find(name)
	if c == nil {
		return name
	}
	t, err := s.LoadText(c)
	if err != nil {
		return name
	}
	return t[a.lang].Title
}

func (a *app) retest() *cobra.Command {
	var pf reportFlags
	var rf runFlags
	var finding string
	cmd := a.command("retest", func(cmd *cobra.Command, args []string) error {
		if err := pf.check(a, cmd); err != nil {
			return err
		}
		var earlier, run *diagnose.Run
		err := a.withRun(cmd.Context(), args, func(ctx context.Context, db *store.DB, r *diagnose.Run) error {
			names, err := a.checksOf(ctx, db, r, finding)
			if err != nil {
				return err
			}
			earlier = r
			run = &diagnose.Run{
				ID: perform.NewRunID(time.Now()), Parent: r.ID, Shop: r.Shop, Seeds: r.Seeds, Given: r.Given, Started: time.Now().UTC(),
				Version: Version, Scope: r.Scope, State: diagnose.Running, Only: names, Authorities: r.Authorities,
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := a.execute(cmd.Context(), run, &rf, &pf, nil); err != nil {
			return err
		}
		trimmed := *earlier
		trimmed.Results = nil
		for _, n := range run.Only {
			if r := earlier.Result(n); r != nil {
				trimmed.Results = append(trimmed.Results, *r)
			}
		}
		a.showCompared(diagnose.Compare(&trimmed, run))
		return nil
	})
	pf.add(a, cmd)
	f := cmd.Flags()
	f.StringVar(&finding, "finding", "", a.t("再診断する検出事項（F-03 など）または検査の名前（省略すると、検出のあった検査すべて）"))
	f.StringVar(&rf.browser, "browser", "auto", a.t("ブラウザ（Chromium）を使うか。auto は、あれば使う"))
	return cmd
}

// checksOf names the checks to run again for --finding: a report's number, a
// fingerprint, a check's name, or nothing for every check that found something.
func (a *app) checksOf(ctx context.Context, db *store.DB, run *diagnose.Run, finding string) ([]string, error) {
	if c, _ := checks.Find(finding); c != nil {
		return []string{finding}, nil
	}
	if finding == "" {
		var out []string
		for _, r := range run.Results {
			for _, f := range r.Findings {
				if f.Severity > check.Info {
					out = append(out, r.Check)
					break
				}
			}
		}
		if len(out) == 0 {
			return nil, errors.New(a.t("診断 {id} には、再診断する検出事項がありません。", "id", run.ID))
		}
		return out, nil
	}
	doc, err := a.document(ctx, db, run)
	if err != nil {
		return nil, err
	}
	for _, f := range doc.Findings {
		if strings.EqualFold(f.ID, finding) || f.Fingerprint == finding {
			return []string{f.Check}, nil
		}
	}
	return nil, errors.New(a.t("検出事項 {finding} は、診断 {id} にありません。", "finding", finding, "id", run.ID))
}
