package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// demo starts the weak shop on 127.0.0.1, diagnoses it at full speed and shows the report.
func (a *app) demo() *cobra.Command {
	var rf runFlags
	var pf reportFlags
	var stay bool
	cmd := a.command("demo", func(cmd *cobra.Command, _ []string) error {
		if pf.out == "" {
			dir := filepath.Join(a.data, "demo")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			pf.out = filepath.Join(dir, "report")
		}
		if err := pf.check(a, cmd); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(cmd.Context())
		defer cancel()
		shop, err := testshop.Serve(ctx, testshop.WeakShop())
		if err != nil {
			return err
		}
		defer shop.Close()
		a.say(a.t("弱点のある見本の店を {url} で開きました。", "url", shop.URL()))
		level, err := a.level(rf.level)
		if err != nil {
			return err
		}
		scope := &wire.Scope{Hosts: []string{shop.URL(), shop.PlainURL()}, Level: level, Rate: wire.Rate{Unlimited: true}}
		if level >= wire.Active {
			scope.Accounts = []wire.Account{
				{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword},
				{Name: "b", User: testshop.SecondMember, Password: testshop.SecondPassword},
			}
			scope.Consent.Acts = []string{wire.ActLockout}
		}
		if level >= wire.Full {
			scope.Consent.Acts = append(scope.Consent.Acts, wire.ActCart)
		}
		run := &diagnose.Run{
			ID: perform.NewRunID(time.Now()), Shop: shop.URL() + "/", Started: time.Now().UTC(), Version: Version, State: diagnose.Running, Authorities: shop.Authorities,
			Scope: scope,
		}
		if err := a.execute(ctx, run, &rf, &pf, &surroundings{fresh: true}); err != nil {
			return err
		}
		if a.code == exitFindings {
			a.code = exitClean // the demo is meant to find something
		}
		if stay {
			a.say(a.t("店は {url} で開いたままです。終えるには Ctrl-C。", "url", shop.URL()))
			<-ctx.Done()
		}
		return nil
	})
	pf.add(a, cmd)
	_ = cmd.Flags().MarkHidden("fail-on")
	cmd.Flags().StringVar(&rf.level, "level", "safe", a.t("診断のレベル。passive は閲覧だけ、safe は設定の確認も、active は弱点を探す値も送り、full は書き込みも行う"))
	cmd.Flags().StringVar(&rf.browser, "browser", "auto", a.t("ブラウザ（Chromium）を使うか。auto は、あれば使う"))
	cmd.Flags().BoolVar(&stay, "stay", false, a.t("診断のあとも見本の店を開いておく"))
	return cmd
}
