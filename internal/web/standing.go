package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// The page for a shop's executive looks at so many findings and weeks.
const (
	standingFindings = 3000
	standingWeeks    = 8
)

// standingPage is the one page for the executive of a shop: how bad, what to
// decide, what it could cost, how far the work is, and his own seven items.
func (s *Server) standingPage(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	list, _, err := s.db.Findings(ctx, v.Shop.ID, store.FindingFilter{State: store.AllStates, Limit: standingFindings})
	if err != nil {
		return err
	}
	said, err := s.db.Statement(ctx, v.Shop, "", v.sight())
	if err != nil {
		return err
	}
	last, err := s.db.LastFinished(ctx, v.Shop.ID)
	if err != nil {
		return err
	}
	editions, err := perform.Editions(v.Context(), s.db)
	if err != nil {
		return err
	}
	f := view.Standing{ShopHead: s.tabsOf(v), URL: "/shops/" + string(v.Shop.ID), Last: last, MayInstruct: v.has(account.Executive), Damage: assessment.Damage}
	confirmed, possible := map[check.Severity]int{}, map[check.Severity]int{}
	var open []store.Finding
	for i := range list {
		x := &list[i]
		f.States = workOf(f.States, x)
		if !x.State.Open() {
			continue
		}
		if x.Overdue(now) {
			f.Late++
		}
		if x.Seen.Confidence == check.Confirmed {
			confirmed[x.Seen.Severity]++
		} else {
			possible[x.Seen.Severity]++
		}
		if x.Seen.Severity > check.Info {
			open = append(open, *x)
		}
	}
	f.Open = len(open)
	if !last.IsZero() {
		f.Grade = report.GradeWords(assessment.GradeOfOpen(confirmed, possible), v.Lang)
		f.Decisions = s.decisions(v, open)
		f.Weeks = weeks(list, now)
	}
	if !f.MayInstruct {
		for i := range f.Decisions {
			f.Decisions[i].InstructURL = ""
		}
	}
	e := editions[0]
	j := said.Judge(e, nil, nil, now) // nothing of these items can be seen from outside
	for i, x := range j.Judgements {
		if r := &e.Requirements[i]; r.Part == "executive" {
			f.Items = append(f.Items, view.StandingItem{Edition: e, Requirement: r, Judgement: x, URL: checklistURL(v, e) + "/requirements/" + r.ID})
		}
	}
	f.Estimate, f.Estimated = estimateFrom(v)
	return s.page(w, v, http.StatusOK, view.StandingPage(f))
}

// workOf counts a finding under how far the work on it is.
func workOf(n view.WorkStates, f *store.Finding) view.WorkStates {
	if f.Seen.Severity == check.Info {
		return n
	}
	switch f.State {
	case workflow.New, workflow.Confirmed:
		n.Untouched++
	case workflow.Working:
		n.Working++
	case workflow.Ready:
		n.Ready++
	case workflow.Resolved:
		n.Resolved++
	case workflow.Accepted:
		n.Accepted++
	}
	return n
}

// weeks counts what was open at the end of each of the last weeks. What was
// settled and came back counts as open since it was first seen: the list keeps
// no more.
func weeks(list []store.Finding, now time.Time) []view.Week {
	var out []view.Week
	for k := standingWeeks - 1; k >= 0; k-- {
		w := view.Week{At: now.AddDate(0, 0, -7*k)}
		for i := range list {
			x := &list[i]
			if x.Seen.Severity > check.Info && !x.FirstSeen.After(w.At) && (x.State.Open() || x.Moved.After(w.At)) {
				w.Open++
			}
		}
		out = append(out, w)
	}
	first := slices.IndexFunc(out, func(w view.Week) bool { return w.Open > 0 })
	return out[max(first, 0):]
}

// estimateFrom reads the numbers of the shop's own estimate from the address.
func estimateFrom(v *visit) (e assessment.Estimate, given bool) {
	q := v.URL.Query()
	e.Records, _ = strconv.Atoi(q.Get("records"))
	e.Sales, _ = strconv.Atoi(q.Get("sales"))
	e.Months, _ = strconv.ParseFloat(cmp.Or(q.Get("months"), "0"), 64)
	given = e.Records > 0 || e.Sales > 0
	e.Tidy()
	return e, given
}
