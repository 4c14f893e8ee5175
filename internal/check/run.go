package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"miseban/internal/i18n"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// Runner runs checks against one site with one client.
type Runner struct {
	site   *Site
	client *wire.Client
	offers Need
	facts  *facts
	// accounts are the test accounts of the run; nil without any.
	accounts *signin.Accounts
	// mails is where the shop's mails to the test accounts arrive; nil without one.
	mails *mailbox.Box
	// try is the browser in which checks try pages; nil without one.
	try func(context.Context, *page.Trial) (*page.Trialled, error)
}

// NewRunner makes a runner; offers is what the run can give (Needs of checks are held against it).
func NewRunner(site *Site, client *wire.Client, offers Need) *Runner {
	return &Runner{site: site, client: client, offers: offers, facts: &facts{m: map[string]*factOnce{}}}
}

// Run puts c's question to the site and names the verdict by the outcome rule
// (design: architecture, "Outcome rule"). It never panics. ctx ending, or the
// run being stopped, leaves Undetermined.
func (r *Runner) Run(ctx context.Context, c *Check) (res Result) {
	p := (&Pass{Site: r.site, Scope: r.client.Scope(), check: c, client: r.client, facts: r.facts, accounts: r.accounts, mails: r.mails, try: r.try}).fresh()
	if reason, v := r.lacks(c); reason != nil {
		return Result{Check: c.Name, Verdict: v, Reason: *reason}
	}
	err := func() (err error) {
		defer func() {
			if x := recover(); x != nil {
				err = fmt.Errorf("panic: %v", x)
			}
		}()
		return c.Run(ctx, p)
	}()
	p.mask(r.client.Masker())
	return p.outcome(err)
}

func (r *Runner) lacks(c *Check) (*Reason, verdict.Verdict) {
	if s := r.client.Scope(); c.Level > s.Level && s.Level != wire.Offline {
		return &Reason{"合意された診断レベル（{level}）では確認しない項目です。", i18n.Args{"level": s.Level.String()}}, verdict.NotExamined
	}
	switch missing := c.Needs &^ r.offers; {
	case missing&TLS != 0:
		return &Reason{"HTTPS のページがないため、対象外です。", nil}, verdict.NotApplicable
	case missing&DNS != 0:
		return &Reason{"公開されたドメイン名ではないため、DNS は確認していません。", nil}, verdict.NotExamined
	case missing&Ports != 0:
		return &Reason{"ポートの確認は、今回の診断範囲に含まれていません。", nil}, verdict.NotExamined
	case missing&Browser != 0:
		return &Reason{"ブラウザを使わない診断のため、確認していません。", nil}, verdict.NotExamined
	case missing&Account != 0 && r.whyNoAccount() != nil:
		return r.whyNoAccount(), verdict.NotExamined
	case missing&Account != 0:
		return &Reason{"テスト用アカウントでサインインしていないため、確認していません。", nil}, verdict.NotExamined
	case missing&TwoAccounts != 0:
		return &Reason{"テスト用アカウントが二つそろっていないため、確認していません。", nil}, verdict.NotExamined
	case missing&Mailbox != 0:
		return &Reason{"テスト用のメールアドレスが指定されていないため、確認していません。", nil}, verdict.NotExamined
	}
	return nil, ""
}

// mask takes secrets out of what the check found: checks see raw data; what is
// kept and shown is masked. Places and inventories are compared over runs, so
// that in them a secret becomes the same word each time.
func (p *Pass) mask(m *wire.Masker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.findings {
		f.Where, f.Excerpt, f.Args = m.Place(f.Where), m.Text(f.Excerpt), maps.Clone(f.Args)
		for k, v := range f.Args {
			f.Args[k] = m.Text(v)
		}
		if f.Proof != nil {
			f.Proof = f.Proof.masked(m)
		}
	}
	for i := range p.notes {
		n := &p.notes[i]
		n.Where, n.Args, n.Words = m.Place(n.Where), maps.Clone(n.Args), maps.Clone(n.Words)
		for k, v := range n.Args {
			n.Args[k] = m.Place(v)
		}
		for k, v := range n.Words {
			n.Words[k] = i18n.Text{JA: m.Place(v.JA), EN: m.Place(v.EN)}
		}
	}
}

func (p *Pass) outcome(err error) Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	res := Result{Check: p.check.Name, Examined: len(p.examined), Notes: p.notes}
	var confirmed, possible bool
	for _, f := range p.findings {
		if f.Args == nil {
			f.Args = i18n.Args{}
		}
		if _, ok := f.Args["where"]; !ok {
			f.Args["where"] = f.Where
		}
		res.Findings = append(res.Findings, *f)
		switch {
		case f.Severity == Info:
		case f.Confidence == Confirmed:
			confirmed = true
		default:
			possible = true
		}
	}
	res.Findings = merge(res.Findings)
	switch {
	case confirmed:
		res.Verdict = verdict.NotMet
	case possible:
		res.Verdict = verdict.Undetermined
		res.Reason = Reason{"該当の可能性があります。確認の手順を検出事項に示しました。", nil}
	case err != nil:
		res.Verdict, res.Reason = verdict.Undetermined, errorReason(err)
		if errors.Is(err, wire.ErrNotStored) {
			res.Verdict = verdict.NotExamined
		}
	case p.na != nil:
		res.Verdict, res.Reason = verdict.NotApplicable, *p.na
	case p.unsure != nil:
		res.Verdict, res.Reason = verdict.Undetermined, *p.unsure
	case p.unseen != nil:
		res.Verdict, res.Reason = verdict.NotExamined, *p.unseen
	case p.blocked > 0 && p.blocked >= len(p.examined):
		res.Verdict = verdict.Undetermined
		res.Reason = Reason{"防御機能（WAF など）やログイン画面に遮られ、サイト本来の応答を確認できませんでした。", nil}
	default:
		if reason := p.short(); reason != nil {
			res.Verdict, res.Reason = verdict.NotExamined, *reason
		} else {
			res.Verdict = verdict.Met
		}
	}
	return res
}

// short says what is missing to Enough, nil when nothing is.
func (p *Pass) short() *Reason {
	if len(p.examined) == 0 {
		return &Reason{"確認の対象となるものが見つかりませんでした。", nil}
	}
	e := p.check.Enough
	if n := max(e.Things, 1); len(p.examined) < n {
		return &Reason{"確認できた対象が {n} 件で、判定に必要な {min} 件に足りません。", i18n.Args{"n": fmt.Sprint(len(p.examined)), "min": fmt.Sprint(n)}}
	}
	for _, k := range e.Kinds {
		if !p.kinds[k] {
			return &Reason{"判定に必要な種類のページ（{kind}）を確認できませんでした。", i18n.Args{"kind": string(k)}}
		}
	}
	if e.Share > 0 && len(p.Site.Templates) > 0 {
		if got := float64(len(p.handlers)) / float64(len(p.Site.Templates)); got < e.Share {
			return &Reason{"確認できたページの種類が全体の {share}% で、判定には足りません。", i18n.Args{"share": fmt.Sprintf("%.0f", got*100)}}
		}
	}
	return nil
}

func errorReason(err error) Reason {
	if why := (*signin.Reason)(nil); errors.As(err, &why) {
		return Reason{why.Message, why.Args}
	}
	for _, known := range []struct {
		is     error
		reason Reason
	}{
		{wire.ErrStopped, Reason{"診断が途中で止まったため、判定できませんでした。", nil}},
		{wire.ErrBudget, Reason{"通信の上限に達したため、最後まで確認できませんでした。", nil}},
		{wire.ErrWindow, Reason{"合意された時間帯の外になったため、確認できませんでした。", nil}},
		{wire.ErrNotStored, Reason{"保存された記録に含まれていないため、再判定できません。", nil}},
		{wire.ErrRobots, Reason{"robots.txt の指定により、確認していません。", nil}},
		{signin.ErrLost, Reason{"テスト用アカウントのサインインの状態が途中で失われたため、判定できませんでした。", nil}},
		{context.Canceled, Reason{"診断が途中で止まったため、判定できませんでした。", nil}},
	} {
		if errors.Is(err, known.is) {
			return known.reason
		}
	}
	return Reason{"確認中にエラーが起きたため、判定できませんでした（{error}）。", i18n.Args{"error": err.Error()}}
}

// merge joins findings with the same place, parameter and case: their evidence is added up.
func merge(in []Finding) []Finding {
	var out []Finding
	at := map[string]int{}
	for _, f := range in {
		k := f.Where + "\x00" + f.Parameter + "\x00" + f.Case + "\x00" + fmt.Sprint(f.References)
		if i, ok := at[k]; ok {
			for _, id := range f.Evidence {
				if !slices.Contains(out[i].Evidence, id) {
					out[i].Evidence = append(out[i].Evidence, id)
				}
			}
			continue
		}
		at[k] = len(out)
		out = append(out, f)
	}
	return out
}

// ParseSeverity reads a severity's word.
func ParseSeverity(s string) (Severity, error) {
	if i := slices.Index(severityWords[:], s); i >= 0 {
		return Severity(i), nil
	}
	return 0, fmt.Errorf("severity %q: choose one of info, low, medium, high, critical", s)
}
