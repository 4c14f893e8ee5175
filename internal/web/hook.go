package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// hookRows is how many messages the page of a receiver shows.
const hookRows = 30

func (s *Server) hookForm(v *visit) (*view.Hook, error) {
	ctx := v.Context()
	form := &view.Hook{Organisation: *v.Organisation}
	h, err := s.db.Hook(ctx, v.Organisation.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		form.URL, form.Made = h.URL, h.Made
	}
	form.List, err = s.db.HookSends(ctx, v.Organisation.ID, hookRows)
	return form, err
}

func (s *Server) hookPage(w http.ResponseWriter, v *visit) error {
	form, err := s.hookForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.HookPage(*form))
}

func hookURL(v *visit) string { return "/organisations/" + string(v.Organisation.ID) + "/hook" }

// setHook keeps a receiver and shows the new secret this once.
func (s *Server) setHook(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	h := &store.Hook{Organisation: v.Organisation.ID, URL: account.Line(v.value("url")), Secret: store.NewHookSecret()}
	if _, err := s.poster.Check(h.URL); err != nil {
		form, err := s.hookForm(v)
		if err != nil {
			return err
		}
		form.Typed = h.URL
		form.Problems = account.Problems{{Field: "url", Reason: account.Reason{Message: "https:// で始まり、インターネットから届くアドレスを入れてください。社内のアドレスや、名前とパスワードを含むアドレスは使えません。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.HookPage(*form))
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.SetHook(ctx, h) }); err != nil {
		return err
	}
	return s.page(w, v, http.StatusCreated, view.HookMadePage(view.HookMade{Organisation: *v.Organisation, Secret: h.Secret}))
}

func (s *Server) removeHook(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RemoveHook(ctx, v.Organisation.ID) }); err != nil {
		return err
	}
	return s.see(w, v, hookURL(v), v.t("送り先を消しました。"))
}

// testHook sends a message that says nothing but that it came.
func (s *Server) testHook(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if _, err := s.db.Hook(ctx, v.Organisation.ID); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"type": store.HookTest, "timestamp": s.now().UTC().Format(time.RFC3339), "data": map[string]string{"organisation": string(v.Organisation.ID)}})
	if err != nil {
		return err
	}
	m := &store.HookSend{Organisation: v.Organisation.ID, Kind: store.HookTest, Body: string(body)}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddHookSend(ctx, m) }); err != nil {
		return err
	}
	return s.see(w, v, hookURL(v), v.t("試しの送信を始めました。数秒後にこのページを開き直すと、結果が見られます。"))
}

func (s *Server) hookAgain(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		return tx.HookAgain(ctx, v.Organisation.ID, account.ID(v.PathValue("message")))
	}); err != nil {
		return err
	}
	return s.see(w, v, hookURL(v), v.t("もう一度送ります。"))
}

// hookOrganisations are the organisations as whose member the visitor mends the shop.
func hookOrganisations(v *visit) []account.ID {
	var out []account.ID
	for _, m := range v.Actor.Members {
		if v.has(menders...) && slices.ContainsFunc(m.Roles, func(r account.Role) bool { return slices.Contains(menders, r) }) {
			out = append(out, m.Organisation.ID)
		}
	}
	return out
}

// receiversOf are where the visitor can hand a finding over to.
func receiversOf(v *visit, list []store.Receiver) []view.Receiver {
	var out []view.Receiver
	for _, x := range list {
		out = append(out, view.Receiver{Receiver: x, Name: memberOf(v, x.Organisation)})
	}
	return out
}

// memberOf is the name of an organisation that the visitor is a member of.
func memberOf(v *visit, org account.ID) string {
	for _, m := range v.Actor.Members {
		if m.Organisation.ID == org {
			return m.Organisation.Name
		}
	}
	return ""
}

// sendTicket hands a finding over to the receiver of one of the visitor's own
// organisations, which must stand before the shop itself.
func (s *Server) sendTicket(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	org := account.ID(v.value("organisation"))
	if !slices.Contains(hookOrganisations(v), org) {
		return errForbidden
	}
	if may, err := s.db.MendsShop(ctx, org, f.Shop, s.now()); err != nil {
		return err
	} else if !may {
		return errForbidden
	}
	if _, err := s.db.Hook(ctx, org); err != nil {
		return err
	}
	doc, err := s.findingDocument(v, f)
	if err != nil {
		return err
	}
	if doc == nil || len(doc.Findings) == 0 {
		return errNoPage
	}
	body, err := ticketBody(v, f, &doc.Findings[0], origin(s.opt.Public)+findingURL(f), s.now())
	if err != nil {
		return err
	}
	m := &store.HookSend{Organisation: org, Shop: f.Shop, Finding: f.ID, Kind: store.HookTicket, Body: body}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddHookSend(ctx, m) }); err != nil {
		return err
	}
	return s.see(w, v, findingURL(f), v.t("「{name}」の送り先へ送ります。状態が変わったときも、同じ送り先へ知らせます。", "name", memberOf(v, org)))
}

// ticketBody is a finding as a message: what a program needs to make a ticket,
// once as it is and once for each list of tasks that we know.
func ticketBody(v *visit, f *store.Finding, x *report.Finding, at string, now time.Time) (string, error) {
	markdown := ticket(v, f, x)
	list, err := payloads(v, f, x, markdown)
	if err != nil {
		return "", err
	}
	data := map[string]any{
		"finding": f.ID, "url": at, "shop": map[string]string{"id": string(f.Shop), "name": v.Shop.Name},
		"title": x.Title, "severity": f.Seen.Severity.String(), "state": string(f.State), "place": x.Place, "parameter": x.Parameter, "due": f.Due, "markdown": markdown,
	}
	if x.CWE > 0 {
		data["cwe"] = x.CWE
	}
	for _, p := range list {
		if p.ID == "backlog" { // a form, not JSON
			data[p.ID] = p.Text
			continue
		}
		data[p.ID] = json.RawMessage(p.Text)
	}
	b, err := json.Marshal(map[string]any{"type": store.HookTicket, "timestamp": now.UTC().Format(time.RFC3339), "data": data})
	return string(b), err
}
