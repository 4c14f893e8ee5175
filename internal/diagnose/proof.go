package diagnose

import (
	"context"
	"errors"
	"net/url"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// prove shows, before anything else is asked, that who gave the scope holds
// the domain (safety 2). It is done anew in every process. false ends the run:
// its State and Reason say why.
func prove(ctx context.Context, cfg Config) bool {
	run := cfg.Run
	if run.Scope.Level < wire.Active {
		return true
	}
	res, err := cfg.Client.Prove(ctx)
	run.Proof = res
	if err != nil && !errors.Is(err, wire.ErrConsent) {
		if !ended(ctx, cfg, err) {
			run.State, run.Reason, run.Ended = Failed, explain(err), cfg.Now()
		}
		return false
	}
	// Origins that stay open get no provoking request; without the shop's own there is nothing to do.
	if u, err := url.Parse(run.Shop); err == nil && cfg.Client.Proven(u) {
		return true
	}
	run.State, run.Ended = Failed, cfg.Now()
	run.Reason = check.Reason{Message: "このサイトのドメインを管理していることを確認できなかったため、診断を始めませんでした。公開するものは miseban verify で確認できます。"}
	return false
}
