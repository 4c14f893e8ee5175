package login

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// resetForm is the form that mails a way to set a new password; nil when the
// crawl saw none that can be sent.
func resetForm(p *check.Pass) (*page.Form, *page.Field) {
	for _, f := range p.Site.Forms {
		if f.Purpose != page.ForReset || f.Method != http.MethodPost || f.Scripted || f.Page == nil || !p.Scope.HasOrigin(f.Action) || slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return x.Type == "password" || x.Means == page.MeansCaptcha }) {
			continue
		}
		for _, x := range f.Fields {
			if x.Means == page.MeansMail || x.Means == page.MeansUser {
				return f, x
			}
		}
	}
	return nil, nil
}

// mailAccount is the first customer with a mailbox; "" when there is none.
func mailAccount(p *check.Pass) (name, address string) {
	for _, n := range p.Customers() {
		if a := p.Session(n).Account(); a.Mailbox != "" {
			return n, a.Mailbox
		}
	}
	return "", ""
}

// askReset has the shop mail the test account a way to set a new password.
func askReset(ctx context.Context, p *check.Pass, name, jar string, head http.Header) (*wire.Exchange, error) {
	f, field := resetForm(p)
	at, err := p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: f.Page.URL, Jar: p.CheckName() + jar, Again: true, Origin: wire.Origin{Why: "the form for a forgotten password"}})
	if err != nil {
		return nil, err
	}
	for _, g := range at.Forms {
		if g.Purpose == page.ForReset && g.Action != nil && g.Action.Path == f.Action.Path {
			f = g
		}
	}
	r := signin.Sending(f, map[string]string{field.Name: p.Session(name).Account().User})
	r.Jar, r.Again, r.Origin.Why = p.CheckName()+jar, true, "a reset mail to the test account"
	for k, vs := range head {
		r.Header[k] = vs
	}
	pg, err := p.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return pg.Ex, nil
}

// mailed is what is kept of mails: the mails themselves are not.
type mailed struct {
	Came     bool // an ordinary mail came
	Answered bool // the change, or the forged request, was accepted
	Found    bool
	Header   string
	Evidence []wire.ExchangeID
}

// HostHeaderReset asks whether the link in the mail for a forgotten password
// leads where a forged host name says.
var HostHeaderReset = &check.Check{
	Name: "host-header-reset", Level: wire.Full, Severity: check.High, CWE: 644, Needs: check.Account | check.Mailbox,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		name, address := mailAccount(p)
		if f, _ := resetForm(p); f == nil || name == "" {
			p.NotExamined("パスワードの再設定メールを送るフォームが見つからないため、確認していません。", nil)
			return nil
		}
		evil := "m" + p.Derive("host")[:10] + ".miseban-check.invalid"
		m, err := check.Observe(ctx, p, wire.KindHTTP, "reset mails", func(ctx context.Context) (mailed, error) {
			var m mailed
			since := time.Now()
			ex, err := askReset(ctx, p, name, "-plain", nil)
			if err != nil {
				return m, err
			}
			m.Evidence = append(m.Evidence, ex.ID)
			if _, m.Came, err = p.Mail(ctx, address, since, func(mailbox.Message) bool { return true }); err != nil || !m.Came {
				return m, err
			}
			for _, h := range []string{"X-Forwarded-Host", "Host", "X-Host"} {
				since = time.Now()
				ex, err := askReset(ctx, p, name, "-"+h, http.Header{h: {evil}})
				if err != nil {
					return m, err
				}
				got, came, err := p.Mail(ctx, address, since, func(mailbox.Message) bool { return true })
				if err != nil {
					return m, err
				}
				m.Answered = m.Answered || came
				if came && strings.Contains(got.Text, evil) {
					m.Found, m.Header, m.Evidence = true, h, append(m.Evidence, ex.ID)
					return m, nil
				}
			}
			return m, nil
		})
		if err != nil {
			return err
		}
		switch {
		case !m.Came:
			p.Unsure("再設定のメールがテスト用の宛先に届かなかったため、判断できません。", nil)
		case m.Found:
			f := p.Report(nil, m.path(p), i18n.Args{"header": m.Header})
			f.Evidence = m.Evidence
			f.Proof = &check.Proof{
				Words: i18n.Text{JA: "見出し " + m.Header + " に別のホスト名を入れて再設定を申し込むと、届いたメールのリンクがそのホスト名になりました。", EN: "With another host name in " + m.Header + ", the link in the mail that came led to that host."},
				Steps: []check.ProofStep{{Value: m.Header + ": " + evil, Saw: i18n.Text{JA: "リンクの行き先が変わった", EN: "the link leads elsewhere"}, Evidence: m.Evidence[len(m.Evidence)-1]}},
			}
		case !m.Answered:
			p.Unsure("ホスト名を変えて申し込むとメールが届かず、リンクの行き先を確かめられませんでした。", nil)
		default:
			p.ExaminedThing("reset mail")
		}
		return nil
	},
}

func (mailed) path(p *check.Pass) string {
	f, _ := resetForm(p)
	return f.Action.Path
}

// ChangeNotified asks whether a member is told by mail when the password was
// changed. It changes the test account's password and changes it back, so it
// runs when all other checks are done.
var ChangeNotified = &check.Check{
	Name: "change-notified", Level: wire.Full, Severity: check.Low, CWE: 778, Needs: check.Account | check.Mailbox, Last: true,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:L/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		name, address := mailAccount(p)
		at := passwordPage(p, name)
		if at == nil {
			p.NotExamined("会員のページにパスワードを変更するフォームが見つからないため、確認していません。", nil)
			return nil
		}
		m, err := check.Observe(ctx, p, wire.KindHTTP, "change mails", func(ctx context.Context) (mailed, error) { return changed(ctx, p, name, address, at) })
		if err != nil {
			return err
		}
		switch {
		case !m.Answered:
			p.Unsure("パスワードの変更が受け付けられなかったため、お知らせのメールを確かめられませんでした。", nil)
		case m.Came:
			p.ExaminedThing("change mail")
		case !m.Found:
			p.Unsure("お知らせのメールは届きませんでしたが、ほかのメールもテスト用の宛先に届かないため、判断できません。", nil)
		default:
			f := p.Report(nil, at.URL.Path, i18n.Args{"account": name})
			f.Evidence = m.Evidence
		}
		if m.Header == "left" {
			p.Note(check.Note{Kind: "left", Where: at.URL.Path, Args: i18n.Args{"account": name}})
		}
		return nil
	},
}

// passwordPage is the member's page with the form that changes the password.
func passwordPage(p *check.Pass, name string) *page.Page {
	if m := p.Site.As(name); m != nil {
		for _, f := range m.Forms {
			if f.Purpose == page.ForPassword && f.Method == http.MethodPost && f.Page != nil && !f.Scripted {
				return f.Page
			}
		}
	}
	return nil
}

var (
	changeDone = regexp.MustCompile(`(?i)変更しました|変更いたしました|更新しました|変更が完了|完了しました|has been changed|was changed|updated|successfully`)
	changeMail = regexp.MustCompile(`(?i)パスワード|変更|password|changed`)
)

// changed changes the password there and back and looks for the mail between.
func changed(ctx context.Context, p *check.Pass, name, address string, at *page.Page) (m mailed, err error) {
	s, err := p.Another(ctx, name, "password")
	if err == nil {
		err = s.Live(ctx)
	}
	if err != nil {
		return m, err
	}
	o := func(why string) wire.Origin { return wire.Origin{Check: p.CheckName(), Why: why} }
	fresh := noPassword(p.Derive("fresh")) + "Aa"
	since := time.Now()
	pg, err := s.ChangePassword(ctx, at.URL, "", fresh, o("the test account's password is changed"))
	if err != nil {
		return m, err
	}
	m.Evidence = append(m.Evidence, pg.Ex.ID)
	if m.Answered = pg.Ex.Status == http.StatusOK && changeDone.MatchString(pg.Visible); !m.Answered {
		return m, nil
	}
	_, m.Came, err = p.Mail(ctx, address, since, func(x mailbox.Message) bool { return changeMail.MatchString(x.Subject + x.Text) })
	// Whatever came of it, the account gets its own password back.
	back, berr := s.ChangePassword(context.WithoutCancel(ctx), at.URL, fresh, "", o("the test account's password is put back"))
	if berr != nil || !changeDone.MatchString(back.Visible) {
		m.Header = "left"
	}
	if err != nil || m.Came {
		return m, err
	}
	if f, _ := resetForm(p); f != nil { // do mails come at all?
		since = time.Now()
		if _, err := askReset(ctx, p, name, "-control", nil); err != nil {
			return m, err
		}
		if _, m.Found, err = p.Mail(ctx, address, since, func(mailbox.Message) bool { return true }); err != nil {
			return m, err
		}
	}
	return m, nil
}
