package web

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// searchRoutes look through all that the visitor may see.
var searchRoutes = []route{
	{method: "GET", pattern: "/search", do: (*Server).searchPage, who: anyone},
}

// searchShown is how many hits of a kind a page shows.
const searchShown = 10

// opens are the pages that hits lead to: who may open the page may find it.
var opens = []struct {
	kind    store.HitKind
	pattern string
}{
	{store.HitShop, "/shops/{shop}"},
	{store.HitFinding, "/shops/{shop}/findings/{finding}"},
	{store.HitComment, "/shops/{shop}/findings/{finding}"},
	{store.HitRemark, "/shops/{shop}/checklists/{edition}/questions/{question}"},
	{store.HitInstruction, "/shops/{shop}/checklists/instructions/{instruction}"},
	{store.HitRequest, "/shops/{shop}/requests/{request}"},
	{store.HitDiagnosis, "/shops/{shop}/diagnoses/{diagnosis}"},
}

// finders says by the table who may find what.
func (s *Server) finders() map[store.HitKind][]account.Role {
	out := map[store.HitKind][]account.Role{}
	for _, o := range opens {
		for i := range s.table {
			if s.table[i].method == http.MethodGet && s.table[i].pattern == o.pattern {
				out[o.kind] = s.table[i].who
			}
		}
	}
	return out
}

// searchPage shows what holds the words of the address.
func (s *Server) searchPage(w http.ResponseWriter, v *visit) error {
	typed := account.Line(v.URL.Query().Get("q"))
	words := account.SearchWords(typed)
	f := view.Search{Query: typed}
	if len(words) == 0 {
		return s.page(w, v, http.StatusOK, view.SearchPage(f))
	}
	q := &store.Search{Who: s.finders(), Addressed: []account.Role{account.Maintainer}, Limit: 2 * searchShown}
	for i := range words {
		q.Words = append(q.Words, store.SearchWord{Forms: words[i].Forms, Checks: checksNamed(&words[i])})
	}
	if day, err := time.ParseInLocation(time.DateOnly, strings.ReplaceAll(typed, "/", "-"), report.Tokyo()); err == nil {
		q.From, q.Until = day, day.AddDate(0, 0, 1)
	}
	hits, bounded, err := s.db.Find(v.Context(), v.Actor, q, s.now())
	if err != nil {
		return err
	}
	if hits, err = s.mayOpen(v, q, hits); err != nil {
		return err
	}
	f.Bounded = bounded
	for _, o := range opens {
		g := view.SearchGroup{Name: groupName(v, o.kind)}
		for i := range hits {
			if hits[i].Kind != o.kind {
				continue
			}
			if len(g.Hits) == searchShown {
				g.More = true
				break
			}
			g.Hits = append(g.Hits, s.hit(v, &hits[i]))
		}
		if len(g.Hits) > 0 {
			f.Groups = append(f.Groups, g)
		}
	}
	papers, err := s.papersFound(v, typed)
	if err != nil {
		return err
	}
	if len(papers.Hits) > 0 {
		f.Groups = append(f.Groups, papers)
	}
	g, err := s.requirements(v, words)
	if err != nil {
		return err
	}
	if len(g.Hits) > 0 {
		f.Groups = append(f.Groups, g)
	}
	return s.page(w, v, http.StatusOK, view.SearchPage(f))
}

// papersFound are the papers of committees in which the visitor may read the
// words; the store knows what he may read.
func (s *Server) papersFound(v *visit, typed string) (view.SearchGroup, error) {
	hits, err := s.db.FindPapers(v.Context(), v.Actor, typed, searchShown+1)
	g := view.SearchGroup{Name: v.t("委員会資料"), More: len(hits) > searchShown}
	for _, h := range hits[:min(len(hits), searchShown)] {
		title := h.Title
		if title == "" {
			title = paper.Withheld.In(v.Lang)
		}
		g.Hits = append(g.Hits, view.SearchHit{Name: title, Text: strings.TrimSpace(h.Where + "　" + h.Excerpt), URL: "/papers/" + string(h.Paper)})
	}
	return g, err
}

// mayOpen leaves out what the visitor could not open: the same rule that
// decides when he does.
func (s *Server) mayOpen(v *visit, q *store.Search, hits []store.Hit) ([]store.Hit, error) {
	ids := make([]account.ID, len(hits))
	for i := range hits {
		ids[i] = hits[i].Shop
	}
	roles, grants, err := s.db.Before(v.Context(), v.Actor, ids, s.now())
	return slices.DeleteFunc(hits, func(h store.Hit) bool {
		at := visit{Actor: v.Actor, Roles: roles[h.Shop], Grants: grants[h.Shop]}
		if !at.has(q.Who[h.Kind]...) {
			return true
		}
		switch h.Kind {
		case store.HitInstruction:
			return !concerns(&at, &store.Instruction{To: h.To})
		case store.HitRequest:
			return !at.has(staff...) && !at.has(judges...) && !slices.Contains(s.contractors(&at), h.To)
		}
		return false
	}), err
}

func groupName(v *visit, k store.HitKind) string {
	return map[store.HitKind]string{
		store.HitShop: v.t("お店"), store.HitFinding: v.t("検出事項"), store.HitComment: v.t("検出事項のコメント"), store.HitRemark: v.t("チェックリストのコメント"),
		store.HitInstruction: v.t("指示"), store.HitRequest: v.t("対策依頼書"), store.HitDiagnosis: v.t("診断"),
	}[k]
}

// hit puts what was found into words.
func (s *Server) hit(v *visit, h *store.Hit) view.SearchHit {
	shop := "/shops/" + string(h.Shop)
	out := view.SearchHit{Shop: h.Name, Text: view.Brief(h.Text)}
	switch h.Kind {
	case store.HitShop:
		out.Name, out.URL, out.Shop = h.Name, shop, ""
	case store.HitFinding:
		out.Name, out.URL, out.Mark = titleOf(h.More, v.Lang), shop+"/findings/"+h.ID, workflow.State(h.Day).Name(v.Lang)
		out.Text = placeOf(&check.Finding{Check: h.More, Where: h.Text}, v.Lang)
	case store.HitComment:
		out.Name, out.URL = titleOf(h.More, v.Lang), shop+"/findings/"+h.ID+"#history"
	case store.HitRemark:
		out.Name, out.URL = h.ID, shop+"/checklists/"+h.More+"/questions/"+h.ID
		if e, err := s.editionNamed(v, h.More); err == nil {
			if q, ok := e.Question(h.ID); ok {
				out.Name = q.Text.In(v.Lang)
			}
		}
	case store.HitInstruction:
		out.Name, out.Text, out.URL = view.Brief(h.Text), v.t("期限 {day}", "day", h.Day), shop+"/checklists/instructions/"+h.ID
	case store.HitRequest:
		out.Name, out.URL = v.t("{company} への依頼（回答期限 {day}）", "company", h.More, "day", h.Day), shop+"/requests/"+h.ID
	case store.HitDiagnosis:
		out.Name, out.URL = v.t("診断 {run}", "run", h.Text), shop+"/diagnoses/"+h.ID
		out.Text, out.Diagnosis = "", store.DiagnosisState(h.More)
	}
	return out
}

// titles are the titles of all checks as words are looked for in them, in both languages.
var titles = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, suite := range checks.All {
		for _, c := range suite.Checks {
			out[c.Name] = account.Plain(c.Name + "\n" + titleOf(c.Name, i18n.JA) + "\n" + titleOf(c.Name, i18n.EN))
		}
	}
	return out
})

func checksNamed(w *account.SearchWord) []string {
	var out []string
	for name, title := range titles() {
		if w.In(title) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// requirements are those of the guidelines that hold all words; everybody may read them.
func (s *Server) requirements(v *visit, words []account.SearchWord) (view.SearchGroup, error) {
	g := view.SearchGroup{Name: v.t("ガイドラインの項目")}
	editions, err := perform.Editions(v.Context(), s.db)
	if err != nil {
		return g, err
	}
	var inText []view.SearchHit
	for _, e := range editions {
		for i := range e.Requirements {
			r := &e.Requirements[i]
			title := account.Plain(e.Title.In(v.Lang) + "\n" + r.Number + "\n" + r.ID + "\n" + r.Title.In(v.Lang))
			text := title + "\n" + account.Plain(r.Text.In(v.Lang)+"\n"+questionsOf(e, r, v.Lang))
			h := view.SearchHit{Name: strings.TrimSpace(r.Number + " " + r.Title.In(v.Lang)), URL: "/guidelines/" + e.ID + "#r-" + r.ID, Shop: e.Title.In(v.Lang), Text: view.Brief(r.Text.In(v.Lang))}
			switch {
			case holdsAll(words, title):
				g.Hits = append(g.Hits, h)
			case holdsAll(words, text):
				inText = append(inText, h)
			}
		}
	}
	g.Hits = append(g.Hits, inText...)
	if g.More = len(g.Hits) > searchShown; g.More {
		g.Hits = g.Hits[:searchShown]
	}
	return g, nil
}

func questionsOf(e *guideline.Edition, r *guideline.Requirement, l i18n.Lang) string {
	var b strings.Builder
	for _, q := range e.QuestionsFor(r.ID) {
		b.WriteString(q.Text.In(l) + "\n")
	}
	return b.String()
}

func holdsAll(words []account.SearchWord, plain string) bool {
	for i := range words {
		if !words[i].In(plain) {
			return false
		}
	}
	return true
}
