package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// proofWithin bounds a look for the proof of a shop's domains.
const proofWithin = time.Minute

// challenged is the scope whose hosts are to be proven: the shop's own, and
// those that its consent names.
func (s *Server) challenged(v *visit, c *account.Consent) (*wire.Scope, error) {
	token, err := s.db.Challenge(v.Shop.ID)
	if err != nil {
		return nil, err
	}
	scope := &wire.Scope{
		Hosts: v.Shop.Origins(), Level: wire.Safe, Proof: wire.Proof{Token: token},
		Authority: wire.Authority{Person: v.Actor.Person.Name, Organisation: cmp.Or(v.Shop.Company, v.Shop.Name)},
	}
	if c != nil {
		for _, h := range c.Hosts {
			if !slices.Contains(scope.Hosts, h) {
				scope.Hosts = append(scope.Hosts, h)
			}
		}
	}
	return scope, nil
}

// localOnly says that every host is a name of this computer.
func localOnly(hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(h string) bool {
		u, err := url.Parse(h)
		return err != nil || !wire.IsLocal(u.Hostname())
	})
}

// seekProof looks now for what the shop was asked to publish, as miseban verify
// does, and keeps what was seen.
func (s *Server) seekProof(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	back := "/shops/" + string(v.Shop.ID) + "/consent"
	c, err := s.db.StandingConsent(ctx, v.Shop.ID, now)
	if err != nil {
		return err
	}
	scope, err := s.challenged(v, c)
	if err != nil {
		return err
	}
	if len(scope.Hosts) == 0 || localOnly(scope.Hosts) {
		return s.see(w, v, back, v.t("確かめるアドレスがありません。"))
	}
	opt := wire.Options{Scope: scope, Version: s.opt.Version, Log: s.log}
	if s.tune != nil {
		s.tune(&opt)
	}
	client, err := wire.NewClient(opt)
	if err != nil {
		s.log.WarnContext(ctx, "no look for a proof", "shop", v.Shop.ID, "error", err)
		return s.see(w, v, back, v.t("このアドレスは確かめられません。お店の情報のアドレスを見直してください。"))
	}
	defer client.Close()
	asking, cancel := context.WithTimeout(ctx, proofWithin)
	defer cancel()
	res, err := client.Prove(asking)
	if err != nil && !errors.Is(err, wire.ErrConsent) {
		s.log.WarnContext(ctx, "a look for a proof broke off", "shop", v.Shop.ID, "error", err)
		return s.see(w, v, back, v.t("確認が途中で終わりました。少し待ってから、もう一度押してください。"))
	}
	p := &account.Proof{ID: account.NewID(), Shop: v.Shop.ID, At: now.Truncate(time.Microsecond).UTC(), Result: *res}
	own := v.Shop.Origin()
	if u, err := url.Parse(own); err == nil {
		if by := res.By(u); by != nil {
			p.Kind = by.Method
		}
	}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error { return tx.AddProof(ctx, p) }); err != nil {
		return err
	}
	if p.Shows(own, now) {
		return s.see(w, v, back, v.t("サイトの管理者であることを確認できました。"))
	}
	return s.see(w, v, back, v.t("まだ確認できません。「前回の結果」を見てください。"))
}
