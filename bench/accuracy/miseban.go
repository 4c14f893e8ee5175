package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"miseban/bench/accuracy/trial"
	"miseban/internal/browser"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/checks/inject"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/mailbox"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// injection are the checks whose findings are held against every case.
var injection = []string{
	"sql", "nosql", "ldap", "xpath", "os-command", "code-injection", "template-injection", "path-traversal", "file-inclusion", "xss-reflected", "xss-dom", "xss-stored",
	"open-redirect", "response-header", "mail-header", "xxe", "ssrf", "host-header", "prototype-pollution", "parameter-pollution", "cache-poisoning-hint", "deserialisation-hint",
}

// members are those that are held against sites with members, besides.
var members = []string{
	"idor", "order-page-idor", "forced-browsing", "role-tampering", "csrf-token", "csrf-verified", "session-renewed", "logout-invalidates", "user-enumeration", "lockout", "password-policy", "cors-credentials", "cors-null", "host-header-reset",
}

// own are the names under which a run asks for its own sake, not for a check's.
var own = []string{"", "crawl", "hint", "robots", "control", "browser"}

// asked are the suites with the injection checks, and the names of those that there are.
// whole asks for those of sites with members too.
func asked(whole bool) (suites []*check.Suite, only []string) {
	suites = checks.All
	if !slices.Contains(suites, inject.Suite) {
		suites = append(slices.Clone(suites), inject.Suite)
	}
	for _, suite := range suites {
		for _, c := range suite.Checks {
			if slices.Contains(injection, c.Name) || whole && slices.Contains(members, c.Name) {
				only = append(only, c.Name)
			}
		}
	}
	return suites, only
}

// misebanRun diagnoses one case in process.
func misebanRun(ctx context.Context, s *trial.Site, level wire.Level, browse bool, ledger *wire.Memory) (*diagnose.Run, error) {
	suites, only := asked(s.Place == trial.Whole)
	scope := &wire.Scope{
		Hosts: []string{s.Origin}, Level: level, Rate: wire.Rate{Unlimited: true}, OOB: "127.0.0.1:0",
		Consent: wire.Consent{
			Person: "bench", Organisation: "bench", For: "bench", Given: time.Now().Add(-time.Hour), Until: time.Now().Add(24 * time.Hour), Hosts: []string{s.Origin}, Level: level, Hosting: "not needed: loopback",
		},
	}
	if s.Method() != "GET" {
		scope.Consent.Requests = []wire.ConsentedRequest{{Method: s.Method(), Path: s.HandlerPath, Fields: s.Fields(), Note: "a search"}}
	}
	var mails *mailbox.Box
	for _, a := range s.Accounts() {
		scope.Accounts = append(scope.Accounts, wire.Account{Name: a.Name, User: a.User, Password: wire.Secret(a.Password), Mailbox: a.Mailbox})
		scope.Consent.Accounts = append(scope.Consent.Accounts, a.Name)
		if a.Mailbox != "" && mails == nil {
			var err error
			if mails, err = mailbox.Listen(ctx, "127.0.0.1:0", a.Mailbox); err != nil {
				return nil, err
			}
			defer mails.Close()
			s.Relay(mails.Addr())
			scope.Consent.Acts = append(scope.Consent.Acts, wire.ActMail)
		}
	}
	if s.Family.Class == "lockout" {
		scope.Consent.Acts = append(scope.Consent.Acts, wire.ActLockout)
	}
	client, err := wire.NewClient(wire.Options{Scope: scope, Journal: ledger, Courtesy: wire.NewCourtesy(), Version: "bench", Run: s.ID})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if _, err := client.Listen(); err != nil {
		return nil, err
	}
	cfg := diagnose.Config{Client: client, Suites: suites, Intel: intel.Default(), Mails: mails, Now: time.Now}
	if browse {
		b, err := browser.Start(ctx, browser.Options{Client: client, Version: "bench"})
		if err != nil {
			return nil, err
		}
		defer b.Close()
		cfg.Render, cfg.Try = b.Render, b.Try
	}
	run := &diagnose.Run{ID: s.ID, Shop: s.Origin + "/", Started: time.Now(), Version: "bench", Scope: scope, Only: only}
	cfg.Run = run
	_, err = diagnose.Do(ctx, cfg)
	return run, err
}

// miseban measures one case.
func (b *bench) miseban(ctx context.Context, s *trial.Site, browse bool) *outcome {
	o := begin("miseban", s)
	level := wire.Active
	if s.Family.Full {
		level = wire.Full
	}
	before, err := s.Intact(ctx)
	if err != nil {
		o.Broken = err.Error()
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	began := time.Now()
	ledger := wire.NewMemory()
	run, err := misebanRun(ctx, s, level, browse, ledger)
	o.Took = time.Since(began)
	o.Cut = ctx.Err() != nil
	if err != nil {
		o.Broken = err.Error()
		return o
	}
	for _, n := range own {
		o.Crawl += run.Stats.ByCheck[n]
	}
	o.Spent, o.Places = map[string]int{}, map[string]int{}
	waits, sent := 0, 0
	for _, e := range ledger.Entries() {
		if e.State == wire.Sent {
			sent++
		}
		switch {
		case e.State != wire.Sent || slices.Contains(own, e.Check):
		case strings.HasPrefix(e.Why, "whether a delay"):
			waits++
		default:
			o.Spent[e.Check+": "+e.Why]++
			o.Places[e.Parameter]++
			o.Asked = append(o.Asked, e.Parameter+" | "+e.Check+": "+e.Why)
		}
	}
	if run.State != diagnose.Finished {
		o.Undecided, o.Why = true, "run "+string(run.State)+": "+run.Reason.In("en")
	}
	var alarms []alarm
	for _, r := range run.Results {
		if r.Check == s.Family.Class {
			o.Why += fmt.Sprintf(" [%s, examined %d%s]", r.Verdict, r.Examined, reason(&r))
			o.Undecided = o.Undecided || r.Verdict == verdict.Undetermined
		}
		for _, f := range r.Findings {
			if f.Severity > check.Info {
				alarms = append(alarms, alarm{[]string{f.Check}, f.Where, f.Parameter, fmt.Sprintf("%s at %s %q (%s)", f.Check, f.Where, f.Parameter, f.Confidence)})
			}
		}
	}
	o.judge(s, alarms)
	o.end(context.WithoutCancel(ctx), s, before, b.log)
	o.Requests = min(o.Requests, sent) // a site that fetches addresses may ask itself
	o.Timed = waits                    // the site does not see a wait that is wrapped in base64
	return o
}

func reason(r *check.Result) string {
	if r.Reason.Message == "" {
		return ""
	}
	return ": " + r.Reason.In("en")
}
