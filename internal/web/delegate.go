package web

import (
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// authors are the names of who answered: signed in, or by a link.
func (s *Server) authors(v *visit, ids []account.ID) (map[account.ID]string, error) {
	names, links, err := s.db.Anybody(v.Context(), ids)
	for id := range links {
		names[id] = v.t("{name}（回答用の URL から）", "name", names[id])
	}
	return names, err
}

// delegate makes a link with which a named person answers one question.
func (s *Server) delegate(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	x := &store.Delegation{Shop: v.Shop.ID, Edition: e.ID, Question: q.ID, Name: account.Line(v.value("delegate")), Mail: account.NormalMail(v.value("mail")), Words: account.Paragraph(v.PostFormValue("note"))}
	var p account.Problems
	if n := utf8.RuneCountInString(x.Name); n == 0 || n > 100 {
		p = append(p, account.Problem{Field: "delegate", Reason: account.Reason{Message: "答えてもらう人の名前を 100 文字までで入力してください。"}})
	}
	if x.Mail == "" {
		p = append(p, account.Problem{Field: "mail", Reason: account.Reason{Message: "メールアドレスを確かめてください。"}})
	}
	if utf8.RuneCountInString(x.Words) > assessment.MostReason {
		p = append(p, account.Problem{Field: "note", Reason: account.Reason{Message: "{n} 文字までにしてください。", Args: i18n.Args{"n": strconv.Itoa(assessment.MostReason)}}})
	}
	if len(p) > 0 {
		f, err := s.questionForm(v)
		if err != nil {
			return err
		}
		if x.Mail == "" {
			x.Mail = v.value("mail")
		}
		f.Delegate, f.Problems = *x, p
		return s.page(w, v, http.StatusUnprocessableEntity, view.QuestionPage(*f))
	}
	ctx, now := v.Context(), s.now()
	x.Link.Expires = now.Add(account.DelegateLife)
	token, print := account.NewToken()
	names, err := s.db.OrganisationNames(ctx, []account.ID{v.Shop.Organisation})
	if err != nil {
		return err
	}
	made := &view.LinkMade{}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error {
		if err := tx.AddDelegation(ctx, x, print); err != nil {
			return err
		}
		made.Link = x.Link
		return s.mailLink(v, tx, made, notice.LetterDelegate, "/answers/"+token, "person", x.Name, "organisation", names[v.Shop.Organisation], "shop", v.Shop.Name, "question", q.Text.In(v.Lang))
	}); err != nil {
		return err
	}
	u := origin(s.opt.Public) + "/answers/" + token
	mail := v.t("件名: 【{shop}】セキュリティの質問への回答のお願い", "shop", v.Shop.Name) + "\n\n" +
		v.t("{name} 様\n\n「{shop}」のセキュリティの取り組みについて、次の質問への回答をお願いします。\n\n{question}\n\n次の URL から回答できます。サインインは要りません。\n\n{url}\n\nURL の期限: {until}\nこの URL を知っている人は、誰でも回答できます。ほかの人に渡さないでください。",
			"name", x.Name, "shop", v.Shop.Name, "question", q.Text.In(v.Lang), "url", u, "until", view.Moment(x.Link.Expires))
	return s.page(w, v, http.StatusCreated, view.DelegatedLinkPage(view.DelegatedLink{ShopHead: s.tabsOf(v), Delegation: *x, Question: q, QuestionURL: questionURL(v, e, q.ID), URL: u, Mail: mail, LinkMade: *made}))
}

func (s *Server) revokeDelegation(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	id, ctx := account.ID(v.PathValue("delegation")), v.Context()
	if !id.Valid() {
		return errNoPage
	}
	x, err := s.db.Delegation(ctx, v.Shop.ID, id)
	if err != nil {
		return err
	}
	if x.Edition != e.ID || x.Question != q.ID {
		return errNoPage
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RevokeLink(ctx, x.Link.ID, "", v.Shop.ID) }); err != nil {
		return err
	}
	return s.see(w, v, questionURL(v, e, q.ID)+"#delegate", v.t("回答用の URL を取り消しました。"))
}

// delegated reads the link that the address names, and what it asks.
func (s *Server) delegated(w http.ResponseWriter, v *visit) (*account.Link, *view.Delegated, error) {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	l, err := s.oneThing(v, "delegated", account.Delegate)
	if err != nil {
		return nil, nil, err
	}
	ctx := v.Context()
	x, err := s.db.Delegation(ctx, l.Shop, l.Object)
	if err != nil {
		return nil, nil, err
	}
	e, err := s.db.Edition(v.Context(), x.Edition)
	if err != nil {
		return nil, nil, &overError{view.OverUnknown}
	}
	q, ok := e.Question(x.Question)
	if !ok { // the edition asks it no more
		return nil, nil, &overError{view.OverUnknown}
	}
	f := &view.Delegated{Shop: *v.Shop, Delegation: *x, ChecklistQuestion: view.ChecklistQuestion{Edition: e, Question: q, URL: "/answers/" + v.PathValue("delegated"), MayAnswer: true, Duty: e.Duty(q, assessment.ShopForm(v.Shop))}}
	for _, row := range e.Rows() {
		if row.Question == q {
			f.Requirement = row.Requirement
		}
	}
	names, err := s.db.Names(ctx, []account.ID{x.By})
	if err != nil {
		return nil, nil, err
	}
	f.From = names[x.By]
	now, err := s.db.Answer(ctx, l.Shop, e.ID, q.ID, store.Inside)
	switch {
	case err == nil:
		f.Answer, f.Typed = now, *now
	case !errors.Is(err, store.ErrNotFound):
		return nil, nil, err
	}
	all, err := s.db.EvidenceFor(ctx, l.Shop, e.ID, q.ID, store.Inside)
	for _, d := range all {
		if d.By == x.ID { // the documents of others are not this link's
			f.Evidence = append(f.Evidence, d)
		}
	}
	return l, f, err
}

func (s *Server) delegatedPage(w http.ResponseWriter, v *visit) error {
	_, f, err := s.delegated(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	return s.page(w, v, http.StatusOK, view.DelegatedPage(*f))
}

// answerDelegated saves the answer of who has the link, and takes the link.
func (s *Server) answerDelegated(w http.ResponseWriter, v *visit) error {
	l, f, err := s.delegated(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil || revision < 0 {
		return errForm
	}
	a := assessment.Answer{Edition: f.Edition.ID, Question: f.Question.ID, Revision: revision, Value: guideline.Answer(v.value("value")), Day: v.value("day"), Doer: assessment.Doer(v.value("doer")), Reason: v.PostFormValue("reason")}
	f.Problems = a.Tidy(f.Question, view.Day(s.now()))
	f.Typed = a
	if len(f.Problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.DelegatedPage(*f))
	}
	ctx := v.Context()
	err = s.db.Change(ctx, "", s.now(), func(tx *store.Tx) error {
		tx.Delegate = f.Delegation.ID
		if err := tx.TakeLink(ctx, l); err != nil {
			return err
		}
		return tx.SaveAnswer(ctx, v.Shop.ID, &a)
	})
	if errors.Is(err, store.ErrConflict) { // was the link taken, or did somebody else answer?
		_, now, err := s.delegated(w, v)
		if err != nil {
			return s.over(w, v, err)
		}
		now.Typed = a
		if now.Other = now.Answer; now.Other != nil {
			now.Typed.Revision = now.Other.Revision
		}
		return s.page(w, v, http.StatusConflict, view.DelegatedPage(*now))
	}
	if err != nil {
		return err
	}
	f.Typed = a
	return s.page(w, v, http.StatusOK, view.DelegatedSentPage(*f))
}

// addDelegatedEvidence keeps a document of who has the link.
func (s *Server) addDelegatedEvidence(w http.ResponseWriter, v *visit) error {
	_, f, err := s.delegated(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	name, data, problem, err := upload(v, "file", evidenceMost)
	if err != nil {
		return err
	}
	x := &store.Evidence{Name: name}
	if problem.Message == "" {
		x.Name, x.Media, problem = mediaOf(name, data)
	}
	if problem.Message == "" {
		ctx := v.Context()
		err := s.db.Change(ctx, "", s.now(), func(tx *store.Tx) error {
			tx.Delegate = f.Delegation.ID
			return tx.AddEvidence(ctx, v.Shop.ID, f.Edition.ID, f.Question.ID, x, data)
		})
		if err == nil {
			return s.see(w, v, f.URL+"#evidence", v.t("資料を登録しました。"))
		}
		if !errors.Is(err, store.ErrTooMuch) {
			return err
		}
		problem = account.Reason{Message: "資料をこれ以上登録できません。依頼した人に連絡してください。"}
	}
	f.Problems = account.Problems{{Field: "file", Reason: problem}}
	return s.page(w, v, http.StatusUnprocessableEntity, view.DelegatedPage(*f))
}
