package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/verdict"
)

func (a *app) rejudge() *cobra.Command {
	var pf reportFlags
	var only []string
	cmd := a.command("rejudge", func(cmd *cobra.Command, args []string) error {
		if err := pf.check(a, cmd); err != nil {
			return err
		}
		for _, name := range only {
			if c, _ := checks.Find(name); c == nil {
				return a.unknownCheck(name)
			}
		}
		return a.withRun(cmd.Context(), args, func(ctx context.Context, db *store.DB, run *diagnose.Run) error {
			results, err := a.judgeAgain(ctx, db, run, only)
			if err != nil {
				return err
			}
			moved, kept := 0, 0
			for i := range results {
				r, old := &results[i], run.Result(results[i].Check)
				if old != nil && r.Verdict == verdict.NotExamined && old.Verdict != verdict.NotExamined {
					kept++ // what this version wants to see was not recorded: the earlier word stands
					continue
				}
				if err := db.SaveResult(ctx, run.ID, r); err != nil {
					return err
				}
				was := a.t("なし")
				if old != nil {
					was = old.Verdict.Name(a.lang)
				}
				if old == nil || old.Verdict != r.Verdict {
					moved++
					a.printf("%s: %s → %s\n", r.Check, was, r.Verdict.Name(a.lang))
				}
			}
			a.say(a.t("{n} 項目を保存された記録だけで判定し直しました。変わったのは {changed} 項目です。通信はしていません。", "n", fmt.Sprint(len(results)), "changed", fmt.Sprint(moved)))
			if kept > 0 {
				a.say(a.t("{n} 項目は、判定し直すための記録が足りないため、前の判定のままです。", "n", fmt.Sprint(kept)))
			}
			if len(changed(cmd, "format", "output")) == 0 {
				return nil
			}
			after, err := db.Run(ctx, run.ID)
			if err != nil {
				return err
			}
			return a.finish(ctx, db, after, &pf)
		})
	})
	pf.add(a, cmd)
	cmd.Flags().StringSliceVar(&only, "check", nil, a.t("この検査だけを判定し直す（コンマで区切って複数）"))
	return cmd
}

// judgeAgain runs the checks of run, or only some of them, on what was
// recorded. What the run's level did not allow was not recorded and is left out.
func (a *app) judgeAgain(ctx context.Context, db *store.DB, run *diagnose.Run, only []string) ([]check.Result, error) {
	bundle, err := a.bundle("", "")
	if err != nil {
		return nil, err
	}
	client, err := perform.Offline(ctx, db, run, Version)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	again := *run
	again.Results, again.Only = nil, nil
	for _, s := range checks.All {
		for _, c := range s.Checks {
			if c.Level <= run.Scope.Level && (len(only) == 0 || slices.Contains(only, c.Name)) && (len(run.Only) == 0 || slices.Contains(run.Only, c.Name)) {
				again.Only = append(again.Only, c.Name)
			}
		}
	}
	if len(again.Only) == 0 {
		return nil, nil
	}
	_, err = diagnose.Do(ctx, diagnose.Config{Run: &again, Client: client, Suites: checks.All, Intel: bundle, Now: time.Now})
	return again.Results, err
}
