package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/survey"
)

func TestSurvey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p, clerk := runs(t, db, "ec-2022")
		other, _ := runs(t, db, "other")
		me := clerk.Person.ID
		x := &Survey{Programme: p.ID, Questionnaire: "breached", Quota: 20}
		change(t, db, me, func(tx *Tx) error { return tx.AddSurvey(ctx, x) })
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { y := *x; return tx.AddSurvey(ctx, &y) }); !errors.Is(err, ErrConflict) {
			t.Errorf("the same survey twice: %v", err)
		}
		if _, err := db.Survey(ctx, other.ID, x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another programme's survey: %v", err)
		}
		a := &SurveySubject{Survey: x.ID, Programme: p.ID, Subject: survey.Subject{Company: "例の店", Reasons: []survey.Reason{{Statement: "公表した", Source: "自社サイト", Year: 2022}}}}
		change(t, db, me, func(tx *Tx) error { return tx.AddSubject(ctx, a) })
		if _, err := db.SurveySubject(ctx, account.NewID(), a.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("a subject of another survey: %v", err)
		}
		seen := *a
		change(t, db, me, func(tx *Tx) error { return tx.MoveSubject(ctx, a, survey.Asked, "電話した") })
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { return tx.MoveSubject(ctx, &seen, survey.Dropped, "") }); !errors.Is(err, ErrConflict) {
			t.Errorf("a move from where it is no more: %v", err)
		}
		list, err := db.Surveys(ctx, p.ID)
		if err != nil || len(list) != 1 || list[0].Counts[survey.Asked] != 1 || list[0].Counts[survey.Candidate] != 0 {
			t.Errorf("%+v %v", list, err)
		}
		moves, err := db.SurveyMoves(ctx, a.ID)
		if err != nil || len(moves) != 1 || moves[0].Note != "電話した" || moves[0].By != me {
			t.Errorf("%+v %v", moves, err)
		}

		// Two note-takers: who is second is told, and nothing is lost.
		first := &SurveyAnswer{Subject: a.ID, Answer: survey.Answer{Item: "regret", Given: survey.Answered, Words: "一人目"}, Note: "小声で"}
		second := &SurveyAnswer{Subject: a.ID, Answer: survey.Answer{Item: "regret", Given: survey.Answered, Words: "二人目"}}
		change(t, db, me, func(tx *Tx) error { return tx.SaveSurveyAnswer(ctx, x.ID, first) })
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { return tx.SaveSurveyAnswer(ctx, x.ID, second) }); !errors.Is(err, ErrConflict) {
			t.Errorf("written over: %v", err)
		}
		second.Revision = 1
		change(t, db, me, func(tx *Tx) error { return tx.SaveSurveyAnswer(ctx, x.ID, second) })
		answers, err := db.SurveyAnswers(ctx, a.ID)
		if err != nil || answers["regret"].Words != "二人目" || answers["regret"].Revision != 2 {
			t.Errorf("%+v %v", answers, err)
		}
		if of, err := db.Respondents(ctx, x.ID); err != nil || len(of) != 0 {
			t.Errorf("counted before it was heard: %+v %v", of, err)
		}

		// A link opens this subject, and is over with what ends the asking.
		l := &account.Link{Expires: noon.Add(time.Hour)}
		change(t, db, me, func(tx *Tx) error { return tx.AddSubjectLink(ctx, a, l, "print-"+string(a.ID)) })
		read, err := db.Link(ctx, "print-"+string(a.ID))
		if err != nil {
			t.Fatal(err)
		}
		if y, s, err := db.SubjectByLink(ctx, read); err != nil || y.ID != a.ID || s.ID != x.ID {
			t.Errorf("%+v %+v %v", y, s, err)
		}
		change(t, db, me, func(tx *Tx) error { return tx.MoveSubject(ctx, a, survey.Refused, "") })
		if read, err = db.Link(ctx, "print-"+string(a.ID)); err != nil || read.Open(noon) {
			t.Errorf("open still: %+v %v", read, err)
		}

		// Coding: each coder has a judgement of his own.
		code := &survey.Code{Name: "費用"}
		change(t, db, me, func(tx *Tx) error { return tx.AddCode(ctx, x.ID, "regret", code) })
		if err := db.Change(ctx, me, noon, func(tx *Tx) error {
			return tx.AddCode(ctx, x.ID, "regret", &survey.Code{Name: "費用"})
		}); !errors.Is(err, ErrConflict) {
			t.Errorf("a code twice: %v", err)
		}
		for _, codes := range [][]string{nil, {code.ID}} {
			change(t, db, me, func(tx *Tx) error { return tx.SaveCoding(ctx, x.ID, a.ID, "regret", codes) })
		}
		got, err := db.Codings(ctx, x.ID, "regret")
		if err != nil || len(got) != 1 || fmt.Sprint(got[0].Codes) != "["+code.ID+"]" {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// TestPublishTable: each release is checked against those before it.
func TestPublishTable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p, clerk := runs(t, db, "ec-2022")
		me := clerk.Person.ID
		x := &Survey{Programme: p.ID, Questionnaire: "breached", Quota: 20}
		change(t, db, me, func(tx *Tx) error { return tx.AddSurvey(ctx, x) })
		hear := func(moved string) {
			a := &SurveySubject{Survey: x.ID, Programme: p.ID, Subject: survey.Subject{Company: "例"}}
			change(t, db, me, func(tx *Tx) error {
				if err := tx.AddSubject(ctx, a); err != nil {
					return err
				}
				if err := tx.SaveSurveyAnswer(ctx, x.ID, &SurveyAnswer{Subject: a.ID, Answer: survey.Answer{Item: "moved-asp", Given: survey.Answered, Choices: []string{moved}}}); err != nil {
					return err
				}
				return tx.MoveSubject(ctx, a, survey.Written, "")
			})
		}
		for n := range 18 {
			hear([]string{"moved", "no", "plan"}[n%3])
		}
		q, _ := survey.Load("breached")
		f, _ := q.Fixed("moved")
		publish := func() *SurveyRelease {
			var y *SurveyRelease
			change(t, db, me, func(tx *Tx) (err error) { y, err = tx.PublishTable(ctx, x, f); return err })
			return y
		}
		if y := publish(); y.N.Count != 18 || y.RowTotals[0].Count != 6 {
			t.Errorf("%+v", y.Release)
		}
		hear("moved")
		if y := publish(); !y.N.Hidden || !y.RowTotals[0].Hidden {
			t.Errorf("one more can be told: %+v", y.Release)
		}
		for range 5 {
			hear("moved")
		}
		if y := publish(); y.N.Count != 24 || y.RowTotals[0].Count != 12 || y.RowTotals[1].Count != 6 {
			t.Errorf("six more: %+v", y.Release)
		}
		if list, err := db.SurveyReleases(ctx, x.ID); err != nil || len(list) != 3 || list[0].Table != "moved" {
			t.Errorf("%d releases, %v", len(list), err)
		}
	})
}
