package inject

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// MailHeader asks whether a field of an enquiry form can add a recipient to the
// mail that the shop sends. The proof is a mail at the test mailbox, whose
// address stood in no field but in a line that the value began. It needs level
// full and the consent to mails; no other address is ever named.
var MailHeader = &check.Check{
	Name: "mail-header", Level: wire.Full, Severity: check.Medium, CWE: 93, Needs: check.Mailbox, Last: true,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		box := mailboxOf(p)
		if box == "" || !slices.Contains(p.Scope.Consent.Acts, wire.ActMail) {
			p.NotExamined("メールの送信に同意がないため、確認していません。", nil)
			return nil
		}
		forms := 0
		for _, f := range p.Site.Forms {
			if forms >= maxMailForms || !mails(p, f) {
				continue
			}
			forms++
			p.ExaminedThing("form " + f.Action.EscapedPath())
			if err := (&mailing{p: p, form: f, box: box}).try(ctx); err != nil {
				return err
			}
		}
		return nil
	},
}

const (
	maxMailForms = 2
	maxMailSends = 12
)

// The values: v is the address of the test mailbox.
var mailValues = []*probe.Value{
	mailValue("lines", "", "\r\n", ""), mailValue("line feeds", "", "\n", ""), mailValue("lines after a quote", `"`, "\r\n", `"`),
}

func mailValue(name, before, end, after string) *probe.Value {
	return probe.Ship("mail "+name, func(v string, r *probe.Rand) string {
		w := r.Letters(8)
		return w + before + end + "Bcc: " + v + end + "X-" + w + ": " + after + w
	})
}

func mailboxOf(p *check.Pass) string {
	for _, a := range p.Scope.Accounts {
		if a.Mailbox != "" {
			return a.Mailbox
		}
	}
	return ""
}

// mails says that a form sends a visitor's words by mail.
func mails(p *check.Pass, f *page.Form) bool {
	if f.Method != "POST" || f.Scripted || f.Page == nil || f.Action == nil || !p.Scope.HasOrigin(f.Action) || f.Purpose != page.ForContact && f.Purpose != page.ForOther {
		return false
	}
	return !slices.ContainsFunc(f.Fields, func(x *page.Field) bool {
		return x.Means == page.MeansPassword || x.Means == page.MeansCaptcha || x.Means == page.MeansCardNumber
	})
}

// mailing is one form that is tried.
type mailing struct {
	p    *check.Pass
	form *page.Form
	box  string
	sent int
}

// try sends every value first and waits once: only if a mail came are
// the fields tried one by one, with one that holds no line break in between.
func (m *mailing) try(ctx context.Context) error {
	var fields []*page.Field
	for _, x := range m.form.Fields {
		switch x.Type {
		case "", "text", "email", "textarea", "hidden":
			if x.Name != "" && x.Means != page.MeansToken && (x.MaxLength < 0 || x.MaxLength >= 60) && len(fields) < maxMailSends/len(mailValues) {
				fields = append(fields, x)
			}
		}
	}
	r := probe.NewRand(m.p.Derive("mail " + m.form.Action.Path))
	since := time.Now()
	for _, x := range fields {
		for _, v := range mailValues {
			if _, _, err := m.send(ctx, x, v.Make(m.box, r)); err != nil {
				return err
			}
		}
	}
	if came, err := m.came(ctx, since); err != nil || !came {
		return err
	}
	since = time.Now()
	if _, _, err := m.send(ctx, fields[0], r.Letters(8)); err != nil { // the mailbox is not told in any other way
		return err
	}
	if came, err := m.came(ctx, since); err != nil || came {
		return err
	}
	for _, x := range fields {
		since := time.Now()
		for _, v := range mailValues {
			if _, _, err := m.send(ctx, x, v.Make(m.box, r)); err != nil {
				return err
			}
		}
		if came, err := m.came(ctx, since); err != nil {
			return err
		} else if !came {
			continue
		}
		for _, v := range mailValues {
			since := time.Now()
			value := v.Make(m.box, r)
			pg, req, err := m.send(ctx, x, value)
			if err != nil {
				return err
			}
			came, err := m.came(ctx, since)
			if err != nil {
				return err
			}
			if came {
				m.tell(pg, req, x, value)
				break
			}
		}
	}
	return nil
}

// send posts the form with value in one field. No field holds the mailbox's address.
func (m *mailing) send(ctx context.Context, x *page.Field, value string) (*page.Page, *wire.Request, error) {
	form := m.form
	pg, err := m.p.Do(ctx, &wire.Request{URL: m.form.Page.Ex.URL, Again: true, Level: wire.Full, Origin: wire.Origin{Why: "the form with a fresh token"}})
	if err != nil {
		return nil, nil, err
	}
	for _, g := range pg.Forms {
		if g.Action != nil && g.Action.Path == m.form.Action.Path && g.Method == m.form.Method {
			form = g
			break
		}
	}
	values := harmlessly(m.p, form)
	for _, y := range form.Fields {
		if y.Means == page.MeansMail {
			values[y.Name] = "miseban@" + probe.ReservedHost
		}
	}
	values[x.Name] = value
	r := inParts(signin.Sending(form, values), form)
	r.Level, r.Again, r.Injected, r.Parameter, r.Origin.Why = wire.Full, true, []string{value}, "form "+x.Name, "a line break in a mail's header"
	pg, err = m.p.Do(ctx, r)
	m.sent++
	m.p.Note(check.Note{Kind: "created", Where: m.form.Action.EscapedPath(), Args: i18n.Args{"parameter": x.Name, "value": printable(value)}})
	return pg, r, err
}

func (m *mailing) came(ctx context.Context, since time.Time) (bool, error) {
	key := fmt.Sprintf("mail-header %s %d", m.form.Action.Path, m.sent)
	return check.Observe(ctx, m.p, wire.KindOOB, key, func(ctx context.Context) (bool, error) {
		_, ok, err := m.p.Mail(ctx, m.box, since, func(mailbox.Message) bool { return true })
		return ok, err
	})
}

func printable(value string) string {
	return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(value)
}

func (m *mailing) tell(pg *page.Page, r *wire.Request, x *page.Field, value string) {
	f := m.p.Report(pg.Ex, m.form.Action.EscapedPath(), i18n.Args{"parameter": x.Name})
	f.Parameter = x.Name
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "入力欄「" + x.Name + "」に改行と「Bcc:」を含む値を送ると、どの欄にも書いていないテスト用のアドレスにメールが届きました（2 回中 2 回）。改行のない値では届きませんでした。",
			EN: "With a line break and \"Bcc:\" in the field " + x.Name + ", a mail reached the test address, which stood in no field (2 of 2 times). Without a line break none came.",
		},
		Steps: []check.ProofStep{{Value: printable(value), Saw: i18n.Text{JA: "テスト用のアドレスにメールが届きました", EN: "a mail reached the test address"}, Evidence: pg.Ex.ID}},
		Curl:  probe.Curl(r), Agreed: 2, Tried: 2,
	}
}
