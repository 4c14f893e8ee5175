package view

import (
	"context"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
)

// Mailings are the mails of a programme's office.
type Mailings struct {
	ProgrammeHead
	Letters   []store.OfficeLetter
	List      []store.Mailing
	Reminders []store.CaseReminder
	People    []store.CasePerson
	Me        account.ID
	Now       time.Time
	MaySend   bool
	Reminder  programme.Reminder // the form
	Problems  account.Problems
}

func letterChoices(list []store.OfficeLetter, now account.ID) (out []Choice) {
	for i := range list {
		out = append(out, Choice{Value: string(list[i].ID), Name: list[i].Name, Chosen: list[i].ID == now})
	}
	return out
}

func remindChoices(ctx context.Context, now string) (out []Choice) {
	for _, c := range programme.Remindable() {
		out = append(out, Choice{Value: c.Key, Name: c.Says.In(lang(ctx)), Chosen: c.Key == now})
	}
	return out
}

// caseCondition is what a condition says.
func caseCondition(ctx context.Context, key string) string {
	for _, c := range programme.Remindable() {
		if c.Key == key {
			return c.Says.In(lang(ctx))
		}
	}
	return key
}

func mailingTone(s programme.MailingState) report.Tone {
	switch s {
	case programme.MailingAsked:
		return report.Warn
	case programme.MailingApproved, programme.MailingSent:
		return report.Good
	}
	return report.Neutral
}

// LetterForm is a template to write.
type LetterForm struct {
	ProgrammeHead
	Letter   store.OfficeLetter
	Problems account.Problems
}

func (f LetterForm) to() string {
	if f.Letter.ID == "" {
		return f.url("/letters")
	}
	return f.url("/letters/" + string(f.Letter.ID))
}

// NewMailing is a mailing to be made.
type NewMailing struct {
	ProgrammeHead
	Letters  []store.OfficeLetter
	Letter   account.ID
	List     []programme.Case
	More     bool // the filter finds more than one mailing can have
	Problems account.Problems
}

// Mailing is a mailing with its mails.
type Mailing struct {
	ProgrammeHead
	Mailing store.Mailing
	Mails   []store.Merged
	People  []store.CasePerson
	Me      account.ID
	Now     time.Time
	MaySend bool
	Why     string // what was in the way
}

func (f Mailing) at(part string) string { return f.url("/mailings/" + string(f.Mailing.ID) + part) }

// lacking are those for whom a placeholder has no value.
func (f Mailing) lacking() (out []store.Merged) {
	for i := range f.Mails {
		if f.Mails[i].State == store.MergedLacking {
			out = append(out, f.Mails[i])
		}
	}
	return out
}

// samples are three of the recipients: the first, the one in the middle, the last.
func (f Mailing) samples() (out []store.Merged) {
	var ready []store.Merged
	for i := range f.Mails {
		if f.Mails[i].State != store.MergedLacking {
			ready = append(ready, f.Mails[i])
		}
	}
	var at []int
	for _, i := range []int{0, len(ready) / 2, len(ready) - 1} {
		if i >= 0 && i < len(ready) && !slices.Contains(at, i) {
			at = append(at, i)
			out = append(out, ready[i])
		}
	}
	return out
}

// gone is how many mails are in the outbox, or left it.
func (f Mailing) gone() (n int) {
	for i := range f.Mails {
		if f.Mails[i].State == store.MergedSent {
			n++
		}
	}
	return n
}

// minutes is how long the mailing can still be cancelled before it begins.
func (f Mailing) minutes() int {
	return int((f.Mailing.Due.Sub(f.Now) + time.Minute - 1) / time.Minute)
}

// open says that something of the mailing can still be cancelled.
func (f Mailing) open() bool {
	return f.Mailing.State == programme.MailingDraft || f.Mailing.State == programme.MailingAsked || f.Mailing.State == programme.MailingApproved
}

// mergedWord says where one mail stands.
func mergedWord(ctx context.Context, m store.Merged) (word string, tone report.Tone) {
	switch m.State {
	case store.MergedSent:
		switch notice.Problem(m.Problem) {
		case "":
			return t(ctx, "送信 {at}", "at", Moment(m.Queued)), report.Good
		case notice.Handing:
			return t(ctx, "送信中"), report.Neutral
		}
		return notice.Problem(m.Problem).Say(lang(ctx)), report.Warn
	case store.MergedSkipped:
		return t(ctx, "辞退したため送らない"), report.Neutral
	case store.MergedLacking:
		return t(ctx, "値がない: {what}", "what", join(ctx, m.Lacks)), report.Bad
	}
	return t(ctx, "送信前"), report.Neutral
}
