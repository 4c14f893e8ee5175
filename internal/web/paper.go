package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/checks"
	"miseban/internal/i18n"
	"miseban/internal/notice"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

func requestsURL(v *visit) string { return "/shops/" + string(v.Shop.ID) + "/requests" }

// mendable are those of the findings chosen in a list that can be asked for:
// open ones whose check this version can explain.
func (s *Server) mendable(v *visit) ([]store.Finding, error) {
	list, err := s.chosen(v)
	return slices.DeleteFunc(list, func(f store.Finding) bool {
		c, _ := checks.Find(f.Seen.Check)
		return c == nil || !f.State.Open()
	}), err
}

// newRequestPage asks to whom the chosen findings go.
func (s *Server) newRequestPage(w http.ResponseWriter, v *visit) error {
	list, err := s.mendable(v)
	if err != nil {
		return err
	}
	back := "/shops/" + string(v.Shop.ID) + "/findings"
	switch {
	case len(list) == 0:
		return s.see(w, v, back, v.t("対策が終わっていない検出事項を選んでから、操作してください。"))
	case len(list) > workflow.MostItems:
		return s.see(w, v, back, v.t("1通の対策依頼書に入れられるのは {n} 件までです。先に直すものから選んでください。", "n", strconv.Itoa(workflow.MostItems)))
	}
	return s.requestFormPage(w, v, http.StatusOK, list, store.Request{Due: workflow.Day(s.now().AddDate(0, 0, 14))}, nil)
}

// requestFormPage draws the form of a new request.
func (s *Server) requestFormPage(w http.ResponseWriter, v *visit, status int, list []store.Finding, x store.Request, p account.Problems) error {
	given, err := s.db.Grants(v.Context(), v.Shop.ID)
	if err != nil {
		return err
	}
	contract, err := s.db.Contract(v.Context(), v.Shop.ID)
	if err != nil {
		return err
	}
	f := view.NewRequest{ShopHead: s.tabsOf(v), Request: x, Problems: p, Today: workflow.Day(s.now()), Missing: missing(contract), WithClauses: v.value("company") == "" || v.value("clauses") != ""}
	for _, g := range given {
		if g.As == account.AsContractor && g.Valid(s.now()) {
			f.Contractors = append(f.Contractors, g)
		}
	}
	for i := range list {
		f.List = append(f.List, s.findingLine(v, &list[i], nil))
	}
	return s.page(w, v, status, view.NewRequestPage(f))
}

// makeRequest keeps a request and shows, this once, the link with which it is answered.
func (s *Server) makeRequest(w http.ResponseWriter, v *visit) error {
	list, err := s.mendable(v)
	if err != nil {
		return err
	}
	if len(list) == 0 || len(list) > workflow.MostItems {
		return s.newRequestPage(w, v)
	}
	ctx, now := v.Context(), s.now()
	x := &store.Request{Shop: v.Shop.ID, Organisation: account.ID(v.value("organisation")), Company: account.Line(v.value("company")), Person: account.Line(v.value("person")), Mail: account.NormalMail(v.value("mail")),
		Due: v.value("due"), Words: account.Paragraph(v.PostFormValue("words"))}
	var p account.Problems
	wrong := func(field string, r account.Reason) {
		p = append(p, account.Problem{Field: field, Reason: r})
	}
	if x.Organisation != "" {
		given, err := s.db.Grants(ctx, v.Shop.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(given, func(g store.Given) bool {
			return g.Organisation == x.Organisation && g.As == account.AsContractor && g.Valid(now)
		})
		if i < 0 {
			return errForm
		}
		x.Company = given[i].Name
	}
	if n := utf8.RuneCountInString(x.Company); n == 0 || n > 200 {
		wrong("company", account.Reason{Message: "依頼先の会社名を 200 文字までで入力してください。"})
	}
	if n := utf8.RuneCountInString(x.Person); n == 0 || n > 100 {
		wrong("person", account.Reason{Message: "依頼先の担当者の名前を 100 文字までで入力してください。"})
	}
	if x.Mail == "" {
		wrong("mail", account.Reason{Message: "メールアドレスを確かめてください。"})
	}
	if v.value("clauses") != "" {
		contract, err := s.db.Contract(ctx, v.Shop.ID)
		if err != nil {
			return err
		}
		for _, c := range missing(contract) {
			x.Clauses = append(x.Clauses, c.ID)
		}
	}
	until, ok := workflow.AnswerBy(x.Due, now)
	if !ok {
		wrong("due", account.Reason{Message: "回答の期限は、今日から 60 日以内の日付にしてください。"})
	}
	if utf8.RuneCountInString(x.Words) > 2000 {
		wrong("words", account.Reason{Message: "2,000 文字までにしてください。"})
	}
	if len(list) < len(slices.Compact(slices.Sorted(slices.Values(v.PostForm["finding"])))) {
		wrong("", account.Reason{Message: "選んだ検出事項の一部が、その間に変わりました。残った項目を確かめて、もう一度押してください。"})
	}
	if len(p) > 0 {
		if x.Mail == "" {
			x.Mail = v.value("mail")
		}
		return s.requestFormPage(w, v, http.StatusUnprocessableEntity, list, *x, p)
	}
	for i := range list {
		x.Items = append(x.Items, store.RequestItem{Number: i + 1, Finding: list[i].ID, Due: list[i].Due, Seen: list[i].Seen})
	}
	l := &account.Link{ID: account.NewID(), Purpose: account.Reply, Shop: v.Shop.ID, Name: x.Person, Mail: x.Mail, Expires: until}
	token, print := account.NewToken()
	made := &view.LinkMade{Link: *l}
	names, err := s.db.OrganisationNames(ctx, []account.ID{v.Shop.Organisation})
	if err != nil {
		return err
	}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error {
		err := tx.AddRequest(ctx, x)
		l.Object = x.ID
		return errors.Join(err, tx.AddLink(ctx, l, print), s.mailReply(v, tx, x, made, names[v.Shop.Organisation], token))
	}); err != nil {
		return err
	}
	return s.replyLinkMade(w, v, x, made, names[v.Shop.Organisation], token)
}

// mailReply sends the contractor the link, where mails can be sent.
func (s *Server) mailReply(v *visit, tx *store.Tx, x *store.Request, made *view.LinkMade, from, token string) error {
	return s.mailLink(v, tx, made, notice.LetterReply, "/replies/"+token, "company", x.Company, "person", x.Person, "organisation", from, "shop", v.Shop.Name, "n", strconv.Itoa(len(x.Items)), "due", x.Due)
}

// replyLinkMade shows the address of the form of the answer, this once.
func (s *Server) replyLinkMade(w http.ResponseWriter, v *visit, x *store.Request, made *view.LinkMade, from, token string) error {
	u, l := origin(s.opt.Public)+"/replies/"+token, &made.Link
	mail := v.t("件名: 【{shop}】セキュリティ対策のお願い（{day} までにご回答ください）", "shop", v.Shop.Name, "day", x.Due) + "\n\n" +
		v.t("{company}\n{person} 様\n\nお世話になっております。{from}の{name}です。\n\n「{shop}」のセキュリティ診断で見つかった {n} 件について、対策をお願いします。\n次の URL を開くと、内容を見て、項目ごとに方針・予定日・見積を回答できます。\nサインインは要りません。途中で保存し、あとで続けられます。\n\n{url}\n\n回答の期限: {day}\nURL の期限: {until}\n\nこの URL を知っている人は、誰でも内容を見て回答できます。担当の方だけで扱ってください。",
			"company", x.Company, "person", x.Person, "from", from, "name", v.Actor.Person.Name, "shop", v.Shop.Name, "n", strconv.Itoa(len(x.Items)), "url", u, "day", x.Due, "until", view.Moment(l.Expires))
	return s.page(w, v, http.StatusCreated, view.ReplyLinkPage(view.ReplyLink{ShopHead: s.tabsOf(v), Request: *x, LinkMade: *made, URL: u, Mail: mail}))
}

// contractors are the visitor's organisations that work for the shop now.
func (s *Server) contractors(v *visit) []account.ID {
	out := []account.ID{}
	for _, g := range v.Grants {
		if m := v.Actor.In(g.Organisation); m != nil && g.As == account.AsContractor && g.Valid(s.now()) && (slices.Contains(m.Roles, account.Maintainer) || slices.Contains(m.Roles, account.Executive)) {
			out = append(out, g.Organisation)
		}
	}
	return out
}

func (s *Server) requestsPage(w http.ResponseWriter, v *visit) error {
	f := store.RequestFilter{Before: account.ID(v.URL.Query().Get("after")), Limit: rows + 1}
	if !v.has(staff...) && !v.has(judges...) {
		f.Of = s.contractors(v)
	}
	list, err := s.db.Requests(v.Context(), v.Shop.ID, f)
	if err != nil {
		return err
	}
	form := view.Requests{ShopHead: s.tabsOf(v), First: f.Before == "", Today: workflow.Day(s.now()), MayAsk: v.has(staff...)}
	if len(list) > rows {
		list = list[:rows]
		form.Next = string(list[rows-1].ID)
	}
	form.List = list
	return s.page(w, v, http.StatusOK, view.RequestsPage(form))
}

// request reads the request that the address names. One that was sent to
// another contractor is told as absent.
func (s *Server) request(v *visit) (x *store.Request, mine bool, err error) {
	id := account.ID(v.PathValue("request"))
	if !id.Valid() {
		return nil, false, errNoPage
	}
	if x, err = s.db.Request(v.Context(), v.Shop.ID, id); err != nil {
		return nil, false, err
	}
	if v.has(account.Maintainer) && x.Organisation != "" {
		mine = slices.Contains(s.contractors(v), x.Organisation)
	}
	if !mine && !v.has(staff...) && !v.has(judges...) {
		return nil, false, errNoPage
	}
	return x, mine, nil
}

// requestForm gathers all that the page of a request shows.
func (s *Server) requestForm(v *visit, x *store.Request, mine bool) (*view.Request, error) {
	ctx := v.Context()
	f := &view.Request{ShopHead: s.tabsOf(v), RequestForm: view.RequestForm{Request: *x, URL: requestsURL(v) + "/" + string(x.ID), Today: workflow.Day(s.now())}, MayDecide: v.has(account.Executive) && x.State == workflow.RequestAnswered, MayManage: v.has(staff...)}
	f.MayAnswer, f.Name = mine && x.State.Awaits(), v.Actor.Person.Name
	f.Action = f.URL + "/answer"
	var err error
	if f.Steps, err = s.db.RequestSteps(ctx, v.Shop.ID, x.ID); err != nil {
		return nil, err
	}
	if !mine {
		x.AsSent(f.Steps)
	}
	if f.Items, err = s.requestItems(v, x); err != nil {
		return nil, err
	}
	ids := make([]account.ID, len(x.Items))
	for i := range x.Items {
		ids[i] = x.Items[i].Finding
	}
	now, err := s.db.FindingsByID(ctx, v.Shop.ID, ids)
	if err != nil {
		return nil, err
	}
	for i := range f.Items {
		if k := slices.IndexFunc(now, func(n store.Finding) bool { return n.ID == f.Items[i].Finding }); k >= 0 {
			f.Items[i].Now = &now[k]
		}
	}
	who := []account.ID{x.By}
	for _, st := range f.Steps {
		who = append(who, st.By)
	}
	if f.Names, err = s.db.Names(ctx, who); err != nil {
		return nil, err
	}
	if f.MayManage {
		l, err := s.db.LinkTo(ctx, v.Shop.ID, x.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil && l.Open(s.now()) {
			f.Link = l
		}
	}
	return f, nil
}

// requestItems puts the items of a request into words.
func (s *Server) requestItems(v *visit, x *store.Request) ([]view.RequestItem, error) {
	doc, err := s.requestFindings(v, x)
	if err != nil {
		return nil, err
	}
	cards := map[int]report.Card{}
	for i := range doc.Findings {
		cards[doc.Findings[i].Number] = doc.Card(i)
	}
	var out []view.RequestItem
	for _, it := range x.Items {
		item := view.RequestItem{RequestItem: it, Locked: it.Decision == workflow.Approved, Title: titleOf(it.Seen.Check, v.Lang), Place: placeOf(&it.Seen, v.Lang)}
		if c, ok := cards[it.Number]; ok {
			item.Card = &c
		}
		out = append(out, item)
	}
	return out, nil
}

func (s *Server) requestPage(w http.ResponseWriter, v *visit) error {
	x, mine, err := s.request(v)
	if err != nil {
		return err
	}
	f, err := s.requestForm(v, x, mine)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.RequestPage(*f))
}

// seen puts the revision that the visitor saw into a request, so that a change
// of another one is refused.
func (v *visit) seen(x *store.Request) error {
	n, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	x.Revision = n
	return nil
}

// decideRequest approves or returns each answer.
func (s *Server) decideRequest(w http.ResponseWriter, v *visit) error {
	x, mine, err := s.request(v)
	if err != nil {
		return err
	}
	was := *x
	was.Items = slices.Clone(x.Items)
	if err := v.seen(x); err != nil {
		return err
	}
	if x.Revision != was.Revision || x.State != workflow.RequestAnswered {
		return store.ErrConflict
	}
	var p account.Problems
	returned := 0
	for i := range x.Items {
		it := &x.Items[i]
		if it.Decision == workflow.Approved {
			continue
		}
		n := strconv.Itoa(it.Number)
		it.Decided = workflow.Decided{Decision: workflow.Decision(v.value("decision-" + n)), Note: v.PostFormValue("note-" + n)}
		p = append(p, it.Decided.Tidy(it.Number)...)
		if it.Decision == workflow.Returned {
			returned++
		}
	}
	if len(p) > 0 {
		f, err := s.requestForm(v, x, mine)
		if err != nil {
			return err
		}
		for i := range f.Items { // what was approved before cannot be chosen again
			f.Items[i].Locked = was.Items[i].Decision == workflow.Approved
		}
		f.Problems = p
		return s.page(w, v, http.StatusUnprocessableEntity, view.RequestPage(*f))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		y := *x
		return tx.DecideRequest(ctx, &y)
	}); err != nil {
		return err
	}
	done := v.t("すべての回答を承認しました。予定日を、検出事項の対応期限にしました。")
	if returned > 0 {
		done = v.t("{n} 件を差し戻しました。回答用の URL を作り直して、依頼先に送ってください。", "n", strconv.Itoa(returned))
	}
	return s.see(w, v, requestsURL(v)+"/"+string(x.ID), done)
}

func (s *Server) withdrawRequest(w http.ResponseWriter, v *visit) error {
	x, _, err := s.request(v)
	if err != nil {
		return err
	}
	if err := v.seen(x); err != nil {
		return err
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		y := *x
		return tx.WithdrawRequest(ctx, &y)
	}); err != nil {
		return err
	}
	return s.see(w, v, requestsURL(v)+"/"+string(x.ID), v.t("依頼を取り下げました。回答用の URL は使えなくなりました。"))
}

// renewReplyLink makes another link in place of those before.
func (s *Server) renewReplyLink(w http.ResponseWriter, v *visit) error {
	x, _, err := s.request(v)
	if err != nil {
		return err
	}
	if !x.State.Awaits() {
		return store.ErrConflict
	}
	ctx, now := v.Context(), s.now()
	switch ok, err := s.db.Answerable(ctx, x, now); {
	case err != nil:
		return err
	case !ok:
		return store.ErrConflict
	}
	until, ok := workflow.AnswerBy(x.Due, now)
	if !ok { // the day has passed: two weeks more
		until, _ = workflow.AnswerBy(workflow.Day(now.AddDate(0, 0, 7)), now)
	}
	l := &account.Link{ID: account.NewID(), Purpose: account.Reply, Shop: v.Shop.ID, Object: x.ID, Name: x.Person, Mail: x.Mail, Expires: until}
	token, print := account.NewToken()
	made := &view.LinkMade{Link: *l}
	names, err := s.db.OrganisationNames(ctx, []account.ID{v.Shop.Organisation})
	if err != nil {
		return err
	}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error {
		return errors.Join(tx.RevokeLinksTo(ctx, v.Shop.ID, x.ID), tx.AddLink(ctx, l, print), s.mailReply(v, tx, x, made, names[v.Shop.Organisation], token))
	}); err != nil {
		return err
	}
	return s.replyLinkMade(w, v, x, made, names[v.Shop.Organisation], token)
}

func (s *Server) revokeReplyLink(w http.ResponseWriter, v *visit) error {
	x, _, err := s.request(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	l, err := s.db.LinkTo(ctx, v.Shop.ID, x.ID)
	if err != nil {
		return err
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RevokeLink(ctx, l.ID, "", v.Shop.ID) }); err != nil {
		return err
	}
	return s.see(w, v, requestsURL(v)+"/"+string(x.ID), v.t("回答用の URL を取り消しました。"))
}

// lastAsked is what a contractor was asked about a finding, for the finding's
// page; nil when nobody was asked, or another contractor was.
func (s *Server) lastAsked(v *visit, f *store.Finding) (*store.Request, error) {
	if !v.has(workers...) {
		return nil, nil
	}
	x, err := s.db.LastAsked(v.Context(), v.Shop.ID, f.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || v.has(staff...) || v.has(judges...) {
		return x, err
	}
	if !slices.Contains(s.contractors(v), x.Organisation) {
		return nil, nil
	}
	return x, nil
}

// field is a value of a form of many items.
func field(v *visit, name string, number int) string {
	return strings.TrimSpace(v.PostFormValue(name + "-" + strconv.Itoa(number)))
}

var nobodyNamed = account.Reason{Message: "回答する方の名前を {n} 文字までで入力してください。", Args: i18n.Args{"n": "100"}}
