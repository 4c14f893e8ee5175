package web

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/jobs"
	"miseban/internal/report"
	"miseban/internal/web/view"
	"miseban/internal/wire"
)

// starters may start a diagnosis: the shop's own people, and a diagnostician
// within what the shop has agreed to.
var starters = []account.Role{account.Executive, account.Practitioner, account.Diagnostician}

// asked is how far a visitor may let a shop be diagnosed, and why no farther.
type asked struct {
	*standing
	most    wire.Level // Offline: not at all
	own     bool       // the visitor is of the shop, whose word is enough up to level safe
	proven  bool
	missing []view.Missing
}

// mayAsk finds out how far the visitor may let the shop be diagnosed.
func (s *Server) mayAsk(v *visit) (*asked, error) {
	st, err := s.standing(v)
	if err != nil {
		return nil, err
	}
	now := s.now()
	o := &asked{standing: st, own: v.has(staff...), proven: st.proven(v.Shop, now)}
	if o.own {
		o.most = wire.Safe
	}
	c := st.consent
	switch {
	case c == nil:
		o.missing = append(o.missing, view.NoConsent)
	case !c.Covers(v.Actor, v.Shop):
		o.missing = append(o.missing, view.OtherFirm)
	case !slices.Contains(c.Hosts, v.Shop.Origin()):
		o.missing = append(o.missing, view.OtherHost)
	default:
		o.most = max(o.most, min(c.Level, wire.Safe))
		switch {
		case c.Level <= wire.Safe:
			o.missing = append(o.missing, view.SafeOnly)
		case o.proven:
			o.most = c.Level
		}
	}
	if !o.proven && o.most > wire.Offline {
		o.missing = append(o.missing, view.NoProof)
	}
	return o, nil
}

// restsOn is the consent that a diagnosis at a level rests on; "" when the word
// of the shop's own people is enough.
func (o *asked) restsOn(l wire.Level) account.ID {
	if o.own && l <= wire.Safe || o.consent == nil {
		return ""
	}
	return o.consent.ID
}

func (o *asked) view() view.Offer {
	f := view.Offer{Most: o.most, Own: o.own, Missing: o.missing}
	if o.consent != nil && o.most > wire.Offline {
		f.Consent = o.consent
	}
	return f
}

// scopeFrom makes the scope of a diagnosis from the shop, from what it agreed
// to, and from what was asked for. due is when it can begin; zero: at once.
func (s *Server) scopeFrom(v *visit, o *asked, want *view.DiagnosisForm) (*wire.Scope, time.Time, account.Problems) {
	var problems account.Problems
	add := func(field string, r account.Reason) {
		problems = append(problems, account.Problem{Field: field, Reason: r})
	}
	scope := &wire.Scope{Hosts: v.Shop.Origins(), Authority: wire.Authority{Person: v.Actor.Person.Name, Organisation: cmp.Or(v.Shop.Company, v.Shop.Name), Statement: v.t("Miseban の画面で、本人を確認したうえで申告")}}
	if v.Token != nil {
		scope.Authority.Statement = v.t("Miseban の API トークンを作るときに、本人を確認したうえで申告")
	}
	u, err := url.Parse(v.Shop.URL)
	switch {
	case err != nil || u.Host == "":
		add("", account.Reason{Message: "診断するには、お店の情報に URL が必要です。"})
	case wire.IsLocal(u.Hostname()) && !s.opt.Local:
		add("", account.Reason{Message: "このコンピュータの中のアドレスは、診断できません。"})
	case wire.IsLocal(u.Hostname()):
		scope.Rate.Unlimited = true // a trial: nobody else is kept waiting
	}
	if scope.Level, err = wire.ParseLevel(want.Level); err != nil || scope.Level < wire.Passive || scope.Level > o.most {
		add("level", account.Reason{Message: "診断のレベルを選んでください。"})
	}
	if from, until := want.From, want.Until; from != "" || until != "" {
		scope.Windows = []wire.Window{{From: from, Until: until}}
		if !clock(from) || !clock(until) || from == until {
			add("from", account.Reason{Message: "時間帯は、始まりと終わりの両方を 02:00 の形で入力してください。"})
		}
	}
	if n, err := strconv.Atoi(cmp.Or(want.Repeat, "0")); err != nil || !slices.Contains([]int{0, 7, 30, 90}, n) {
		add("repeat", account.Reason{Message: "一覧から選んでください。"})
	}
	now := s.now()
	due := now
	if when := want.When; when != "" {
		due, err = time.ParseInLocation("2006-01-02T15:04", when, report.Tokyo())
		if err != nil || due.Before(now) || due.After(now.AddDate(1, 0, 0)) {
			add("when", account.Reason{Message: "始める日時は、今から1年以内にしてください。空のままなら、すぐに始めます。"})
		}
		due = due.UTC()
	}
	if len(problems) > 0 {
		return scope, time.Time{}, problems
	}
	consent := o.restsOn(scope.Level)
	if consent == "" && v.Token != nil && v.Shop.Moved.After(v.Token.Created) {
		add("", account.Reason{Message: "このトークンは、お店のアドレスが変わる前に作られたため、今のアドレスを診断する権限の申告になりません。新しいトークンを作るか、画面から始めてください。"})
		return scope, time.Time{}, problems
	}
	if consent == "" && v.Token != nil && v.Shop.Created.After(v.Token.Created) {
		add("", account.Reason{Message: "このトークンは、お店を登録する前に作られたため、このお店を診断する権限の申告になりません。新しいトークンを作るか、画面から始めてください。"})
		return scope, time.Time{}, problems
	}
	if consent != "" {
		if err := s.within(scope, v, o); err != nil {
			add("", account.Reason{Message: "確認に使う文字列を読み取れません。"})
		}
		if !inside(scope) {
			add("from", account.Reason{Message: "時間帯は、同意された {hours} の中にしてください。", Args: map[string]string{"hours": o.consent.From + "–" + o.consent.To}})
			return scope, time.Time{}, problems
		}
	}
	opens, err := s.opening(v.Context(), scope, v.Shop.ID, consent, due)
	if err != nil {
		add("", account.Reason{Message: "診断しない日を読み取れません。少し待ってから、やり直してください。"})
	}
	if consent != "" && !opens.Before(o.consent.Until) {
		add("when", account.Reason{Message: "始められる日時（{at}）が、同意の期限より後です。", Args: map[string]string{"at": view.Moment(opens)}})
	}
	if opens.Equal(now) {
		opens = time.Time{}
	}
	return scope, opens.UTC(), problems
}

// opening is when a diagnosis can begin that is due then.
func (s *Server) opening(ctx context.Context, scope *wire.Scope, shop, consent account.ID, due time.Time) (time.Time, error) {
	days, err := jobs.Days(ctx, s.db, shop, consent, s.now())
	return jobs.Opening(scope, days, due), err
}

// within brings a scope into what the shop has agreed to.
func (s *Server) within(scope *wire.Scope, v *visit, o *asked) error {
	c := o.consent
	scope.Authority.Statement = v.t("Miseban に記録された {person} の同意（{id}）に基づく", "person", c.Person, "id", string(c.ID))
	if !o.own {
		scope.Authority.Person, scope.Authority.Organisation = c.Person, c.Organisation
		scope.Authority.Statement += v.t("。始めた診断員: {name}", "name", v.Actor.Person.Name)
	}
	scope.Hosts = slices.DeleteFunc(slices.Clone(c.Hosts), func(h string) bool {
		if scope.Level > wire.Safe {
			return !o.proof.Shows(h, s.now())
		}
		return !slices.Contains(v.Shop.Origins(), h)
	})
	if !scope.Rate.Unlimited {
		scope.Rate.PerSecond = c.PerSecond
	}
	scope.Exclude, scope.IgnoreRobots, scope.Consent = c.Exclude, c.Robots, c.Wire()
	if len(scope.Windows) == 0 {
		scope.Windows = c.Windows()
	}
	if scope.Level <= wire.Safe {
		return nil
	}
	scope.ProviderPermission = c.Provider
	mailbox := false
	scope.Consent.Accounts = nil // an account may have been removed since
	for i := range o.accounts {
		a := o.accounts[i].Wire()
		if !slices.Contains(c.Accounts, a.Name) {
			continue
		}
		if u, err := url.Parse(a.LoginURL); err != nil || !scope.HasOrigin(u) {
			a.LoginURL = "" // it is looked for
		}
		scope.Accounts, scope.Consent.Accounts = append(scope.Accounts, a), append(scope.Consent.Accounts, a.Name)
		mailbox = mailbox || a.Mailbox != ""
	}
	scope.Consent.Acts = slices.DeleteFunc(slices.Clone(c.Acts), func(act string) bool {
		return act == wire.ActLockout && len(scope.Accounts) == 0 || act == wire.ActMail && !mailbox
	})
	var err error
	scope.Proof.Token, err = s.db.Challenge(v.Shop.ID)
	return err
}

// inside says whether the hours of a scope are all within those of its consent.
func inside(scope *wire.Scope) bool {
	agreed := wire.Scope{Windows: scope.Consent.Windows}
	asked := wire.Scope{Windows: scope.Windows}
	for t := time.Date(2026, 1, 1, 0, 0, 0, 0, report.Tokyo()); t.Day() == 1; t = t.Add(5 * time.Minute) {
		if asked.Open(t) == nil && agreed.Open(t) != nil {
			return false
		}
	}
	return true
}

// clock says that s is a time of day.
func clock(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5
}
