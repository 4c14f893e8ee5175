package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/programme/sample"
	"miseban/internal/selection"
	"miseban/internal/store"
)

// What public slides tell of the programme that the sample is like.
const (
	demoApplicants = 152
	demoPlaces     = 50
	demoHeard      = 29 // had done Step 2 on demoDay
	demoDiagnosed  = 4  // had done Step 3 on demoDay
	demoWaiting    = 4  // have not answered the follow-up, so that there is something left to do
)

// demoPerson is somebody who can sign in to the sample.
type demoPerson struct {
	account.Person
	role     account.Role
	password string
}

// demoMaker makes the sample programme day by day, as if people had: each change
// has its day, so that the board can be looked at as of any.
type demoMaker struct {
	a      *app
	db     *store.DB
	seed   string
	p      *programme.Programme
	people []demoPerson
	clerk, approver, reviewer,
	office, ministry, firm account.ID
	cases []programme.Case // of the chosen shops
}

func (m *demoMaker) make(ctx context.Context) error {
	for _, step := range []func(context.Context) error{m.setUp, m.announce, m.apply, m.judge, m.choose, m.walk, m.end} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// on is a moment of a day of 2022 in Japan.
func on(month time.Month, day, hour int) time.Time {
	return time.Date(2022, month, day, hour, 0, 0, 0, jst)
}

// each does the steps one after the other.
func each(steps ...func() error) error {
	for _, s := range steps {
		if err := s(); err != nil {
			return err
		}
	}
	return nil
}

// setUp registers the organisations and the people. The firm's reviewer has no
// password: nobody is to sign in for it.
func (m *demoMaker) setUp(ctx context.Context) error {
	platform := account.Organisation{ID: account.NewID(), Kind: account.Platform, Name: "Miseban"}
	office := account.Organisation{ID: account.NewID(), Kind: account.Office, Name: "診断事業 事務局（見本）"}
	ministry := account.Organisation{ID: account.NewID(), Kind: account.Ministry, Name: "所管の省庁（見本）"}
	firm := account.Organisation{ID: account.NewID(), Kind: account.Firm, Name: "診断会社（見本）"}
	m.office, m.ministry, m.firm = office.ID, ministry.ID, firm.ID
	hashes := map[account.ID]string{}
	for _, x := range []struct {
		name string
		role account.Role
	}{{"運用 見本", account.Operator}, {"事務局 見本", account.Clerk}, {"承認 見本", account.Approver}} {
		d := demoPerson{role: x.role, password: strings.ToLower(rand.Text())}
		d.Person = account.Person{ID: account.NewID(), Name: x.name, Mail: string(x.role) + "@miseban.test", Lang: m.a.lang}
		hash, err := account.HashPassword(ctx, d.password)
		if err != nil {
			return err
		}
		hashes[d.ID] = hash
		m.people = append(m.people, d)
	}
	reviewer := account.Person{ID: account.NewID(), Name: "診断 見本", Mail: "firm@miseban.test", Lang: m.a.lang}
	m.clerk, m.approver, m.reviewer = m.people[1].ID, m.people[2].ID, reviewer.ID
	operator := m.people[0].ID
	return m.db.Change(ctx, operator, on(2, 15, 10), func(tx *store.Tx) error {
		tx.Record(account.Event{Verb: account.SetUp, Organisation: platform.ID})
		if err := tx.First(ctx); err != nil {
			return err
		}
		for _, o := range []*account.Organisation{&platform, &office, &ministry, &firm} {
			if err := tx.AddOrganisation(ctx, o); err != nil {
				return err
			}
		}
		for i := range m.people {
			x := &m.people[i]
			if err := tx.AddPerson(ctx, &x.Person, hashes[x.ID]); err != nil {
				return err
			}
		}
		return each(
			func() error { return tx.AddPerson(ctx, &reviewer, "") },
			func() error {
				return tx.AddRoles(ctx, operator, platform.ID, platform.Kind, []account.Role{account.Operator})
			},
			func() error {
				return tx.AddRoles(ctx, m.clerk, office.ID, office.Kind, []account.Role{account.Clerk, account.Executive})
			},
			func() error {
				return tx.AddRoles(ctx, m.approver, ministry.ID, ministry.Kind, []account.Role{account.Approver})
			},
			func() error {
				return tx.AddRoles(ctx, m.reviewer, firm.ID, firm.Kind, []account.Role{account.Diagnostician, account.Reviewer})
			},
		)
	})
}

// announce registers the programme, its lottery, its schedule, the ministry that
// approves the selection, and the firm that diagnoses.
func (m *demoMaker) announce(ctx context.Context) error {
	m.p = demoProgrammeRecord(m.office)
	m.p.State = programme.Draft // until its lottery is that of the sample
	return m.db.Change(ctx, m.clerk, on(3, 1, 10), func(tx *store.Tx) error {
		if err := each(
			func() error { return tx.AddProgramme(ctx, m.p) },
			func() error { return tx.SealSeed(ctx, m.p, "miseban demo "+m.seed) },
			func() error { m.p.State = programme.Announced; return tx.SaveProgramme(ctx, m.p) },
			func() error { return tx.AddBody(ctx, m.p, m.ministry) },
			func() error { return tx.AddBody(ctx, m.p, m.firm) },
		); err != nil {
			return err
		}
		for _, x := range demoSchedule() {
			if err := tx.AddMilestone(ctx, m.p, &x); err != nil {
				return err
			}
		}
		return nil
	})
}

// apply sends the applications, each on its day of the call.
func (m *demoMaker) apply(ctx context.Context) error {
	days := make([][]sample.Applicant, sample.CallDays)
	for _, x := range sample.Applicants(demoApplicants, m.seed) {
		days[x.Day] = append(days[x.Day], x)
	}
	for i, list := range days {
		if len(list) == 0 {
			continue
		}
		if err := m.db.Change(ctx, "", m.p.From.AddDate(0, 0, i).Add(15*time.Hour), func(tx *store.Tx) error {
			for _, x := range list {
				a := &programme.Application{ID: account.NewID(), Mail: x.Mail, Lang: "ja", Form: x.Form()}
				if err := each(func() error { return tx.AddApplication(ctx, m.p, a) }, func() error { return tx.SubmitApplication(ctx, m.p, a) }); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// judge decides who is eligible, as the rules of the call say.
func (m *demoMaker) judge(ctx context.Context) error {
	list, err := m.db.ApplicationsIn(ctx, m.p.ID, programme.Received)
	if err != nil {
		return err
	}
	day := on(4, 21, 14)
	for some := range slices.Chunk(list, 40) {
		if err := m.db.Change(ctx, m.clerk, day, func(tx *store.Tx) error {
			if _, err := tx.JudgeApplications(ctx, m.p, some); err != nil {
				return err
			}
			for i := range some {
				to := programme.Eligible
				if some[i].Outcome != programme.Fits {
					to = programme.Ineligible
				}
				if err := tx.MoveApplication(ctx, m.p, &some[i], to, programme.ByOffice, ""); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		day = workday(day.AddDate(0, 0, 1))
	}
	return nil
}

// choose makes the selection, which the ministry approves two days later, and
// keeps its record in a file as well.
func (m *demoMaker) choose(ctx context.Context) error {
	day := on(5, 11, 10)
	f, err := m.db.Applied(ctx, m.p)
	if err != nil {
		return err
	}
	seed, err := m.db.OpenSeed(ctx, m.p, day)
	if err != nil {
		return err
	}
	f.Synthetic = true
	order := &selection.Order{Places: demoPlaces, Seed: seed, At: day.Format(time.DateOnly), Effort: selection.DefaultEffort}
	order.Effort.Nodes = 100 // a moment is enough for a sample; the record says how near the best it is
	call, err := f.Call(order)
	if err != nil {
		return err
	}
	record, err := call.Select()
	if err != nil {
		return err
	}
	if err := replace(m.a.demoRecord(), func(w io.Writer) error { return selection.Write(w, record) }); err != nil {
		return err
	}
	x := &store.Selection{ID: account.NewID(), Basis: f.Basis(), Summary: *selection.Summarise(order, record)}
	var proposed *selection.Proposal
	if err := each(
		func() error {
			return m.db.Change(ctx, m.clerk, day, func(tx *store.Tx) error { return tx.AddSelection(ctx, m.p, x, record) })
		},
		func() error {
			return m.db.Change(ctx, m.clerk, on(5, 12, 10), func(tx *store.Tx) (err error) {
				proposed, err = tx.ProposeSelection(ctx, m.p, x, "見本のデータ")
				return err
			})
		},
		func() error {
			return m.db.Change(ctx, m.approver, on(5, 13, 10), func(tx *store.Tx) error {
				return tx.ApproveProposal(ctx, m.p, proposed, m.ministry, "")
			})
		},
	); err != nil {
		return err
	}
	chosen, err := m.db.ApplicationsIn(ctx, m.p.ID, programme.Selected)
	for i := range chosen {
		c, err := m.db.CaseOfApplication(ctx, m.p.ID, chosen[i].ID)
		if err != nil {
			return err
		}
		m.cases = append(m.cases, c.Case)
	}
	return err
}

// demoFacts are what people state by hand before a case goes on from a step.
var demoFacts = map[programme.Step][]string{
	programme.Step1: {"self-check", "environment"},
	programme.Step2: {"minutes", "hosting", "windows", "accounts", "waf", "call"},
	programme.Step3: {"released"},
	programme.Step4: {"met", "settled"},
	programme.Step5: {"followed-up"},
}

// demoStep is a case that goes on from a step on a day.
type demoStep struct {
	at   time.Time
	c    *programme.Case
	from programme.Step
	key  string
}

// walk plans the steps of the chosen shops and takes them through, one change a day.
func (m *demoMaker) walk(ctx context.Context) error {
	sum := sha256.Sum256([]byte("miseban demo steps\x00" + m.seed))
	r := mathrand.New(mathrand.NewChaCha8(sum))
	r.Shuffle(len(m.cases), func(i, j int) { m.cases[i], m.cases[j] = m.cases[j], m.cases[i] })
	var steps []demoStep
	for i := range m.cases {
		days := demoDays(i)
		for j, s := range programme.FiveSteps {
			key := string(programme.StepEnd) + ":" + string(programme.EndingComplete)
			if j+1 < len(programme.FiveSteps) {
				key = string(programme.FiveSteps[j+1])
			} else if i >= demoPlaces-demoWaiting {
				continue
			}
			steps = append(steps, demoStep{days[j], &m.cases[i], s, key})
		}
	}
	if err := m.db.Change(ctx, m.clerk, on(5, 16, 10), func(tx *store.Tx) error {
		in := tx.Cases(m.p.ID, m.office)
		for i := range m.cases {
			plan := map[programme.Step]time.Time{}
			for j, day := range demoDays(i) {
				if i < demoPlaces-demoWaiting || j < 4 {
					plan[programme.FiveSteps[j]] = workday(day.AddDate(0, 0, r.IntN(15)-4))
				}
			}
			c := &m.cases[i]
			if err := each(
				func() error { _, err := in.Replan(ctx, c.ID, c.Step, plan, ""); return err },
				func() error { _, err := in.HandOver(ctx, c.ID, c.Step, m.clerk, ""); return err },
			); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	slices.SortStableFunc(steps, func(a, b demoStep) int { return a.at.Compare(b.at) })
	for len(steps) > 0 {
		n := slices.IndexFunc(steps, func(s demoStep) bool { return !s.at.Equal(steps[0].at) })
		if n < 0 {
			n = len(steps)
		}
		if err := m.forward(ctx, steps[:n]); err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}

// forward takes cases to the next step on one day. What other records would say
// in earnest, a consent and a diagnosis, is said here: a sample has no real shop
// that could be diagnosed.
func (m *demoMaker) forward(ctx context.Context, steps []demoStep) error {
	at := steps[0].at
	if i := slices.IndexFunc(steps, func(s demoStep) bool { return s.from == programme.Step3 }); i >= 0 {
		if err := m.db.Change(ctx, m.reviewer, at.Add(-time.Hour), func(tx *store.Tx) error {
			for _, s := range steps {
				if s.from == programme.Step3 {
					if err := m.state(ctx, tx, s); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return m.db.Change(ctx, m.clerk, at, func(tx *store.Tx) error {
		in := tx.Cases(m.p.ID, m.office)
		for _, s := range steps {
			known := &programme.Facts{Consent: true, Diagnosed: true}
			known.Of(programme.Selected)
			known.State(demoFacts[s.from]...)
			if s.from != programme.Step3 {
				if err := m.state(ctx, tx, s); err != nil {
					return err
				}
			}
			if _, err := in.Move(ctx, s.c.ID, s.from, programme.Wish{Key: s.key, Roles: []account.Role{account.Clerk}, Facts: known}); err != nil {
				return err
			}
		}
		return nil
	})
}

// state notes the facts that have to be stated before a case goes on.
func (m *demoMaker) state(ctx context.Context, tx *store.Tx, s demoStep) error {
	for _, key := range demoFacts[s.from] {
		if err := tx.StateFact(ctx, m.p.ID, m.office, &store.CaseFact{Case: s.c.ID, Key: key, Words: "見本のデータ"}); err != nil {
			return err
		}
	}
	return nil
}

// demoDays is when a shop does each of the five steps. Of the fifty that were
// chosen, all have done the first on demoDay, 29 the second and 4 the third; all
// have done the fourth by the end of October, and the fifth three months later.
func demoDays(i int) [5]time.Time {
	after := func(from time.Time, i, of, days int) time.Time { return workday(from.AddDate(0, 0, i*days/of)) }
	var d [5]time.Time
	d[0] = after(on(6, 6, 11), i, demoPlaces, 60)
	if i < demoHeard {
		d[1] = after(on(7, 11, 11), i, demoHeard, 50)
	} else {
		d[1] = after(on(9, 5, 11), i-demoHeard, demoPlaces-demoHeard, 16)
	}
	if i < demoDiagnosed {
		d[2] = after(on(8, 22, 11), i, demoDiagnosed, 10)
	} else {
		d[2] = after(on(9, 5, 11), i-demoDiagnosed, demoPlaces-demoDiagnosed, 36)
	}
	d[3] = workday(d[2].AddDate(0, 0, 14))
	d[4] = workday(d[3].AddDate(0, 3, 0))
	return d
}

// workday is the day itself, or the Monday after a weekend.
func workday(t time.Time) time.Time {
	switch t.Weekday() {
	case time.Saturday:
		return t.AddDate(0, 0, 2)
	case time.Sunday:
		return t.AddDate(0, 0, 1)
	}
	return t
}

// end ends the programme, which says as well that the sample is whole.
func (m *demoMaker) end(ctx context.Context) error {
	return m.db.Change(ctx, m.clerk, time.Date(2023, 3, 31, 17, 0, 0, 0, jst), func(tx *store.Tx) error {
		m.p.State = programme.Ended
		return tx.SaveProgramme(ctx, m.p)
	})
}

// demoProgrammeRecord is the sample's programme: days and numbers of a real one,
// in words of our own.
func demoProgrammeRecord(office account.ID) *programme.Programme {
	return &programme.Programme{
		ID: account.NewID(), Office: office, Slug: demoSlug, State: programme.Announced, From: on(3, 8, 0), Until: on(4, 21, 0),
		Name:     programme.Said{JA: "自社構築 EC サイトの脆弱性診断事業（見本）", EN: "Vulnerability diagnosis of self-built shops (sample)"},
		Purpose:  programme.Said{JA: "見本の事業です。日程と件数は、2022年9月に公開された委員会の資料に合わせています。応募した店、会社、人は、すべて作りものです。", EN: "This is a sample. Days and numbers follow slides that a committee published in September 2022. Shops, companies and people are made up."},
		Scope:    programme.Said{JA: "中小企業が自社で構築した EC サイトを診断します。モールへの出店と、カート ASP のサイトは対象にしません。", EN: "Shops that small and medium-sized enterprises built themselves. Shops in malls and on cart services are outside."},
		Process:  programme.Said{JA: "構築の方法、業種、年商、対策の状況がかたよらないように、応募の中から 50 サイトを選びます。選ばれた店は、セルフチェック、ヒアリング、脆弱性診断、結果の報告、約3か月後のフォローアップの順に進みます。", EN: "Fifty shops are chosen so that build, business, turnover and state of measures are balanced. They go through a self-check, a hearing, the diagnosis, a report meeting, and a follow-up about three months later."},
		Strands:  []programme.Strand{{Name: programme.Said{JA: "被害を受けた店へのヒアリング", EN: "Hearings of shops that were attacked"}, Goal: 20, Unit: "社"}, {Name: programme.Said{JA: "ベンダーへのヒアリング", EN: "Hearings of vendors"}, Goal: 15, Unit: "社"}, {Name: programme.Said{JA: "脆弱性診断", EN: "Diagnoses"}, Goal: demoPlaces, Unit: "サイト"}, {Name: programme.Said{JA: "ガイドラインの作成", EN: "Guideline"}}},
		Places:   demoPlaces,
		Rules:    "sme-own-site",
		Contact:  programme.Contact{Name: "診断事業 事務局（見本）", Mail: "office@miseban.test"},
		Partners: []string{"連携団体（見本）"},
	}
}

// demoSchedule is the schedule of the diagnoses, third of the lines of work.
func demoSchedule() []programme.Milestone {
	var out []programme.Milestone
	for _, x := range []struct{ ja, en, from, until, began, ended string }{
		{"公募", "Call", "2022-03-08", "2022-04-20", "2022-03-08", "2022-04-20"},
		{"資格の確認と選定", "Eligibility and selection", "2022-04-21", "2022-05-13", "2022-04-21", "2022-05-13"},
		{"Step1〜Step4", "Steps 1 to 4", "2022-05-16", "2022-10-31", "2022-05-16", ""},
		{"Step5 フォローアップ", "Step 5 Follow-up", "2022-12-01", "2023-02-28", "", ""},
	} {
		out = append(out, programme.Milestone{ID: account.NewID(), Strand: 3, Name: programme.Said{JA: x.ja, EN: x.en}, From: x.from, Until: x.until, Began: x.began, Ended: x.ended})
	}
	last := demoDays(demoPlaces - 1)
	out[2].Ended = last[3].Format(time.DateOnly)
	out[3].Began = demoDays(0)[4].Format(time.DateOnly)
	return out
}
