package programme

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Letter is a mail as the office writes it, with placeholders in braces.
type Letter struct {
	Name    string `json:"name"` // by which the office finds it
	Subject Said   `json:"subject"`
	Text    Said   `json:"text"`
}

// Placeholder is a word in braces that each recipient's own value takes the place of.
type Placeholder struct {
	Key  string // in English letters
	Says i18n.Text
	// JA is the word that may stand for it in Japanese letters.
	JA string
}

// Placeholders are those that letters may have.
var Placeholders = []Placeholder{
	{Key: "company", JA: "会社名", Says: i18n.Text{JA: "応募した会社", EN: "the company that applied"}},
	{Key: "person", JA: "担当者名", Says: i18n.Text{JA: "応募の担当者", EN: "who applied"}},
	{Key: "shop", JA: "お店", Says: i18n.Text{JA: "お店の名前", EN: "the shop"}},
	{Key: "number", JA: "受付番号", Says: i18n.Text{JA: "受付番号", EN: "the receipt number"}},
	{Key: "step", JA: "段階", Says: i18n.Text{JA: "いまの段階", EN: "the present step"}},
	{Key: "due", JA: "期限", Says: i18n.Text{JA: "いまの段階の期限", EN: "when the present step is due"}},
	{Key: "open", JA: "残りの条件", Says: i18n.Text{JA: "次の段階へ進むまでに残っていること（箇条書き）", EN: "what is left to do before the next step, as a list"}},
	{Key: "url", JA: "URL", Says: i18n.Text{JA: "お店の人が案件を見るページ", EN: "where the shop's people see their case"}},
	{Key: "programme", JA: "事業", Says: i18n.Text{JA: "事業の名前", EN: "the programme"}},
	{Key: "contact", JA: "問い合わせ先", Says: i18n.Text{JA: "事業の問い合わせ先", EN: "the programme's contact"}},
}

var braces = regexp.MustCompile(`\{([^{}\n]{1,30})\}`)

func placeholder(word string) *Placeholder {
	i := slices.IndexFunc(Placeholders, func(p Placeholder) bool { return p.Key == word || p.JA == word })
	if i < 0 {
		return nil
	}
	return &Placeholders[i]
}

// Tidy brings what was typed into its normal form and says what is wrong with it.
func (l *Letter) Tidy() account.Problems {
	var bad account.Problems
	add := func(field string, r account.Reason) { bad = append(bad, account.Problem{Field: field, Reason: r}) }
	l.Name = account.Line(l.Name)
	l.Subject = Said{account.Line(l.Subject.JA), account.Line(l.Subject.EN)}
	l.Text = Said{account.Paragraph(l.Text.JA), account.Paragraph(l.Text.EN)}
	if l.Name == "" || utf8.RuneCountInString(l.Name) > 100 {
		add("name", account.Reason{Message: "ひな型の名前を、100 文字までで入力してください。"})
	}
	for _, x := range []struct {
		field string
		text  string
		most  int
	}{{"subject-ja", l.Subject.JA, 150}, {"subject-en", l.Subject.EN, 150}, {"text-ja", l.Text.JA, 8000}, {"text-en", l.Text.EN, 8000}} {
		if x.text == "" && strings.HasSuffix(x.field, "-ja") {
			add(x.field, account.Reason{Message: "件名と本文を日本語で入力してください。"})
		}
		if utf8.RuneCountInString(x.text) > x.most {
			add(x.field, account.Reason{Message: "長すぎます。件名は 150 文字、本文は 8,000 文字までにしてください。"})
		}
		for _, m := range braces.FindAllStringSubmatch(x.text, -1) {
			if placeholder(m[1]) == nil {
				add(x.field, account.Reason{Message: "差し込みの {word} は使えません。使えるのは、このページの一覧にあるものです。", Args: map[string]string{"word": "「" + m[1] + "」"}})
				break
			}
		}
	}
	if (l.Subject.EN == "") != (l.Text.EN == "") {
		add("subject-en", account.Reason{Message: "英語は、件名と本文の両方を入力するか、両方を空けてください。"})
	}
	return bad
}

// Fill is the letter as one recipient gets it; missing names the placeholders
// for which the recipient has no value: then nobody may send it.
func (l *Letter) Fill(lang i18n.Lang, values map[string]string) (subject, text string, missing []string) {
	fill := func(s string) string {
		return braces.ReplaceAllStringFunc(s, func(m string) string {
			p := placeholder(m[1 : len(m)-1])
			if p == nil {
				return m
			}
			v := strings.TrimSpace(values[p.Key])
			if v == "" && !slices.Contains(missing, p.Says.In(lang)) {
				missing = append(missing, p.Says.In(lang))
			}
			return v
		})
	}
	return account.Line(fill(l.Subject.In(lang))), fill(l.Text.In(lang)), missing
}

// Values are what the placeholders stand for in a letter about a case.
func Values(p *Programme, c *Case, a *Application, known *Facts, lang i18n.Lang, public string) map[string]string {
	v := map[string]string{
		"company": a.Form.Company, "person": a.Form.Person, "shop": c.Name, "number": c.Number, "step": c.Step.Name(lang), "programme": p.Name.In(lang),
		"contact": strings.TrimSpace(p.Contact.Name + " " + p.Contact.Mail + " " + p.Contact.Phone),
	}
	if due := c.Due(); !due.IsZero() && c.Step.Open() {
		v["due"] = due.In(japan).Format(time.DateOnly)
	}
	if c.Shop != "" && public != "" {
		v["url"] = public + "/shops/" + string(c.Shop) + "/cases/" + string(c.ID)
	}
	for _, m := range Moves {
		if m.From != c.Step || m.Back || m.Ending == EndingStopped || m.Ending == EndingDeclined {
			continue
		}
		for _, x := range m.Open(c, known) {
			if x.ByShop {
				v["open"] += "・" + x.Says.In(lang) + notYet.In(lang) + "\n"
			}
		}
	}
	return v
}

// notYet stands behind a condition, which is worded as if it were met.
var notYet = i18n.Text{JA: "（まだ確認できていません）", EN: " (not confirmed yet)"}

// MailingState is where a mailing to many stands.
type MailingState string

// The states of a mailing.
const (
	MailingDraft     MailingState = "draft"
	MailingAsked     MailingState = "asked"    // waits for a second person
	MailingApproved  MailingState = "approved" // goes out when its ten minutes are over
	MailingSent      MailingState = "sent"
	MailingCancelled MailingState = "cancelled"
)

var mailingNames = map[MailingState]i18n.Text{
	MailingDraft:     {JA: "下書き", EN: "Draft"},
	MailingAsked:     {JA: "承認待ち", EN: "Waiting for approval"},
	MailingApproved:  {JA: "承認済み", EN: "Approved"},
	MailingSent:      {JA: "送信済み", EN: "Sent"},
	MailingCancelled: {JA: "取り消し", EN: "Cancelled"},
}

// Name is the word people read.
func (s MailingState) Name(l i18n.Lang) string { return mailingNames[s].In(l) }

// MailingDelay is how long an approved mailing can still be cancelled before
// the first mail of it goes.
const MailingDelay = 10 * time.Minute

// MailingPace is how many mails of the office go to one domain in a minute.
const MailingPace = 10

// MostRecipients is how many cases one mailing may go to.
const MostRecipients = 500

// Reminder is a letter that goes to those whose case lacks something, until it is done.
type Reminder struct {
	ID         account.ID
	Fact       string     // the key of the condition
	Letter     account.ID // the template
	First      int        // working days after the case came to the step
	Every      int        // working days between two of them
	Most       int
	State      MailingState // asked, approved, cancelled
	By         account.ID
	ApprovedBy account.ID
}

// Tidy says what is wrong with a reminder.
func (r *Reminder) Tidy() account.Problems {
	var bad account.Problems
	if !slices.ContainsFunc(Remindable(), func(c Condition) bool { return c.Key == r.Fact }) {
		bad = append(bad, account.Problem{Field: "fact", Reason: account.Reason{Message: "一覧から選んでください。"}})
	}
	if r.First < 1 || r.First > 60 || r.Every < 1 || r.Every > 60 {
		bad = append(bad, account.Problem{Field: "first", Reason: account.Reason{Message: "営業日数は 1 から 60 までで入力してください。"}})
	}
	if r.Most < 1 || r.Most > 10 {
		bad = append(bad, account.Problem{Field: "most", Reason: account.Reason{Message: "回数は 1 から 10 までで入力してください。"}})
	}
	return bad
}

// Due says whether another letter is to go today, when so many went since the
// case came to its step. It never is on a day on which nobody works.
func (r *Reminder) Due(since, today time.Time, sent int) bool {
	if sent >= r.Most || !account.Workday(today) {
		return false
	}
	return Workdays(since, today) >= r.First+sent*r.Every
}

// Workdays counts the working days after the day of one moment, up to that of another.
func Workdays(from, to time.Time) (n int) {
	for d := DayOf(from).AddDate(0, 0, 1); !d.After(DayOf(to)); d = d.AddDate(0, 0, 1) {
		if account.Workday(d) {
			n++
		}
	}
	return n
}

// Remindable are the conditions of which shops can be reminded.
func Remindable() (out []Condition) {
	for _, m := range Moves {
		for _, c := range m.If {
			if c.ByShop && !slices.ContainsFunc(out, func(x Condition) bool { return x.Key == c.Key }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// Asks says whether a case stands at a step that a condition keeps it from leaving.
func Asks(c *Case, key string, known *Facts) bool {
	for _, m := range Moves {
		if m.From != c.Step || m.Back {
			continue
		}
		for _, x := range m.Open(c, known) {
			if x.Key == key {
				return true
			}
		}
	}
	return false
}
