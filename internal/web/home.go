package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/checks"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// How much a home page shows.
const (
	homeShops     = 6
	homeWork      = 8
	homeCauses    = 5
	homeDecisions = 3
	homeCases     = 6
)

// homePage shows everybody what is his to do next, with few questions to the
// database however many shops there are.
func (s *Server) homePage(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	a := v.Actor
	shops, next, err := s.db.Shops(ctx, a, now, store.ShopFilter{Newest: true, Limit: homeShops})
	if err != nil {
		return err
	}
	editions, err := perform.Editions(v.Context(), s.db)
	if err != nil {
		return err
	}
	ids, err := s.readable(v, shops)
	if err != nil {
		return err
	}
	desk, err := s.db.Desk(ctx, a, ids, store.Claims(editions), now)
	if err != nil {
		return err
	}
	f := view.Home{
		Person: a.Person, Members: a.Members, Unsecured: !desk.Secured, MayAdd: len(keepers(a)) > 0, More: next != (store.Cursor{}), Mine: desk.Mine, WorkURL: "/findings",
		Executive: len(a.Of(account.Shopkeeper, account.Executive)) > 0, Contractor: len(a.Of(account.Contractor, account.Executive, account.Maintainer)) > 0,
		Firm: len(a.Of(account.Firm, account.Diagnostician, account.Reviewer)) > 0, Operator: a.Has(account.Operator),
		Programmes: a.Has(slices.DeleteFunc(slices.Clone(participants), func(r account.Role) bool { return r == account.Operator })...),
	}
	diagnosed := false
	for i := range shops {
		x := view.HomeShop{Shop: shops[i], URL: "/shops/" + string(shops[i].ID)}
		if standing := desk.Shops[shops[i].ID]; standing != nil {
			x.Standing, x.Shown = *standing, true
		}
		if f.Executive && x.Shown {
			x.URL += "/standing"
		}
		if x.Standing.Finished > 0 {
			x.Grade, diagnosed = report.GradeWords(assessment.GradeOfOpen(x.Standing.Open, x.Standing.Possible), v.Lang), true
		}
		f.Shops = append(f.Shops, x)
	}
	if len(shops) == 1 && f.Mine > 0 {
		f.WorkURL = "/shops/" + string(shops[0].ID) + "/findings?who=me"
	}
	if f.MayAdd && !diagnosed {
		s.steps(v, &f)
	}
	if f.MayAdd && diagnosed {
		if err := s.work(v, &f); err != nil {
			return err
		}
	}
	if f.Contractor {
		causes, _, err := s.db.Causes(ctx, a, now, store.Cursor{}, homeCauses)
		if err != nil {
			return err
		}
		for i := range causes {
			f.Causes = append(f.Causes, s.causeLine(v, &causes[i]))
		}
	}
	s.waiting(v, desk, &f)
	if f.Cases, err = s.db.CasesBefore(ctx, a, now, homeCases); err != nil {
		return err
	}
	f.Now = now
	for _, m := range a.Members {
		f.Roles = append(f.Roles, m.Roles...)
	}
	return s.page(w, v, http.StatusOK, view.HomePage(f))
}

// readable are those of some listed shops whose findings the visitor may read.
// Only an operator's list holds others: who else finds a shop there has a role
// before it.
func (s *Server) readable(v *visit, shops []account.Shop) (ids []account.ID, err error) {
	roles := map[account.ID][]account.Role{}
	operator := v.Actor.Has(account.Operator)
	if operator {
		if roles, err = s.db.Roles(v.Context(), v.Actor, shops, s.now()); err != nil {
			return nil, err
		}
	}
	for i := range shops {
		if !operator || slices.ContainsFunc(roles[shops[i].ID], func(r account.Role) bool { return slices.Contains(readers, r) }) {
			ids = append(ids, shops[i].ID)
		}
	}
	return ids, nil
}

// steps lead a newcomer from nothing to the first diagnosis.
func (s *Server) steps(v *visit, f *view.Home) {
	own := keepers(v.Actor)
	i := slices.IndexFunc(f.Shops, func(x view.HomeShop) bool {
		return slices.ContainsFunc(own, func(o account.Organisation) bool { return o.ID == x.Organisation })
	})
	at, standing := "", store.ShopStanding{}
	if i >= 0 {
		at, standing, f.StepsOf = "/shops/"+string(f.Shops[i].ID), f.Shops[i].Standing, f.Shops[i].Name
	}
	below := func(path string) string {
		if at == "" {
			return ""
		}
		return at + path
	}
	f.Steps = []view.HomeStep{
		{Name: v.t("お店を登録する"), Why: v.t("お店の名前とアドレス、構築方法、緊急の連絡先を登録します。"), URL: "/shops/new", Act: v.t("お店を登録する"), Done: at != ""},
		{Name: v.t("お店のサイトであることを確かめる"), Why: v.t("DNS かファイルで、サイトを管理していることを示します。検査用の値を送る診断に必要です。"), URL: below("/consent"), Act: v.t("確かめる"), Done: standing.Proofs > 0},
		{Name: v.t("診断への同意を記録する"), Why: v.t("どのレベルまで、いつ、どの速さで診断してよいかを、お店の責任者が決めます。"), URL: below("/consent"), Act: v.t("同意を記録する"), Done: standing.Consents > 0},
		{Name: v.t("診断を始める"), Why: v.t("訪問者と同じ通信だけの診断と、設定の確認までの診断は、確認と同意の前でも始められます。"), URL: below("/diagnoses/new"), Act: v.t("診断を始める"), Done: standing.Active > 0},
	}
	if standing.Active > 0 {
		f.Steps[3].URL, f.Steps[3].Act, f.Steps[3].Why = below("/diagnoses"), v.t("診断のようすを見る"), v.t("診断が進んでいます。終わると、見つかったことと判定がここに出ます。")
	}
	if n := slices.IndexFunc(f.Steps, func(x view.HomeStep) bool { return !x.Done }); n >= 0 {
		f.Steps[n].Next = true
	}
}

// work is what presses most in the shops of the actor's own organisations: for
// executives as decisions, one for all findings of a check, for others line by line.
func (s *Server) work(v *visit, f *view.Home) error {
	list, err := s.db.Worklist(v.Context(), v.Actor, s.now(), 60)
	if err != nil {
		return err
	}
	if f.Executive {
		var findings []store.Finding
		for i := range list {
			findings = append(findings, list[i].Finding)
		}
		f.Decisions = s.decisions(v, findings)
	}
	if f.Executive && len(v.Actor.Of(account.Shopkeeper, account.Practitioner)) == 0 {
		return nil
	}
	for _, x := range list[:min(len(list), homeWork)] {
		f.Work = append(f.Work, view.HomeWork{FindingLine: s.findingLine(v, &x.Finding, nil), Shop: x.ShopName})
	}
	return nil
}

// decisions are the first few things to decide, from findings in the order of
// what presses most.
func (s *Server) decisions(v *visit, list []store.Finding) []view.Decision {
	var out []view.Decision
	at := map[string]int{}
	for i := range list {
		x := &list[i]
		k, ok := at[x.Seen.Check]
		if !ok {
			if len(out) == homeDecisions {
				continue
			}
			c, _ := checks.Find(x.Seen.Check)
			if c == nil {
				continue
			}
			shop := "/shops/" + string(x.Shop)
			k, at[x.Seen.Check] = len(out), len(out)
			out = append(out, view.Decision{
				Title: titleOf(c.Name, v.Lang), Fixer: report.FixerName(c.Fixer, v.Lang), Effort: report.EffortName(c.Effort, v.Lang), Finding: *x,
				URL: shop + "/findings?q=" + c.Name, InstructURL: instructURL(shop, c.Name),
			})
		}
		d := &out[k]
		d.Findings++
		if !slices.Contains(d.Shops, x.Shop) {
			d.Shops = append(d.Shops, x.Shop)
		}
		if x.Due != "" && (d.Finding.Due == "" || x.Due < d.Finding.Due) {
			d.Finding.Due = x.Due
		}
	}
	return out
}

// instructURL leads to an instruction about the first requirement of the
// guideline that a check speaks of; "" when there is none.
func instructURL(shop, check string) string {
	editions, err := perform.Released()
	if err != nil {
		return ""
	}
	for _, e := range editions {
		if rs := e.RequirementsFor(check); len(rs) > 0 {
			return shop + "/checklists/instructions?edition=" + e.ID + "&requirement=" + rs[len(rs)-1].ID
		}
	}
	return ""
}

// causeLine is a cause in words.
func (s *Server) causeLine(v *visit, c *store.Cause) view.Cause {
	return view.Cause{Cause: *c, Title: titleOf(c.Example.Seen.Check, v.Lang), Place: placeOf(&c.Example.Seen, v.Lang), Late: c.Due != "" && c.Due < workflow.Day(s.now())}
}

// waiting puts what waits for the actor into words.
func (s *Server) waiting(v *visit, desk *store.Desk, f *view.Home) {
	today := workflow.Day(s.now())
	words := func(list []store.Waiting, of func(x *store.Waiting, w *view.Waits)) (out []view.Waits) {
		for i := range list {
			w := view.Waits{Shop: list[i].Name, URL: "/shops/" + string(list[i].Shop)}
			of(&list[i], &w)
			out = append(out, w)
		}
		return out
	}
	instruction := func(x *store.Waiting, w *view.Waits) {
		w.What, w.Late = report.Visible(firstOf(x.Words)), x.Day < today
		w.URL += "/checklists/instructions/" + string(x.ID)
		w.More = v.t("期限 {day}", "day", x.Day)
	}
	f.Given, f.Replied = words(desk.Given, instruction), words(desk.Replied, instruction)
	f.Diagnoses = words(desk.Diagnoses, func(x *store.Waiting, w *view.Waits) {
		w.What, w.State = w.Shop, store.DiagnosisState(x.Words)
		w.URL, w.Shop = w.URL+"/diagnoses/"+string(x.ID), dayOf(x.Day)
	})
	f.Clashing = words(desk.Clashing, func(x *store.Waiting, w *view.Waits) {
		w.What, w.URL = v.t("回答と診断が食い違う質問が {n} 件あります", "n", strconv.Itoa(x.N)), w.URL+"/checklists/"+x.Words
	})
	f.Alternatives = words(desk.Alternatives, func(x *store.Waiting, w *view.Waits) {
		w.What = v.t("代替策を認めるかどうか")
		if e, err := s.editionNamed(v, x.Words); err == nil {
			if q, ok := e.Question(x.More); ok {
				w.What = q.Text.In(v.Lang)
			}
		}
		w.URL += "/checklists/" + x.Words + "/questions/" + x.More
	})
	f.Ready = words(desk.Ready, func(x *store.Waiting, w *view.Waits) {
		w.What, w.URL = v.t("「対応済」の検出事項が {n} 件、確かめられるのを待っています", "n", strconv.Itoa(x.N)), w.URL+"/findings?state="+string(workflow.Ready)
		w.More = v.t("{day} から", "day", dayOf(x.Day))
	})
}

// dayOf is the day of a stored moment, or of a stored day, for people.
func dayOf(s string) string {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s[:min(len(s), len(time.DateOnly))]
	}
	return view.Day(at)
}

// firstOf is the first line of a text, not too long for a list.
func firstOf(s string) string {
	for i, r := range s {
		if r == '\n' || i > 200 {
			return s[:i] + " …"
		}
	}
	return cmp.Or(s, "–")
}
