package web

import (
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// overError says why a link to one thing alone cannot be used any more.
type overError struct{ why view.Over }

// Error names the reason.
func (e *overError) Error() string { return "the link is over: " + string(e.why) }

// oneThing reads a link that opens one thing of a shop alone, and the shop.
func (s *Server) oneThing(v *visit, name string, purpose account.Purpose) (*account.Link, error) {
	l, err := s.openLink(v, name, purpose)
	if err == nil {
		v.Shop, err = s.db.Shop(v.Context(), l.Shop)
	}
	return l, err
}

// openLink reads a link that opens one thing alone. Who has the address is told
// why it is over.
func (s *Server) openLink(v *visit, name string, purpose account.Purpose) (*account.Link, error) {
	token := v.PathValue(name)
	if len(token) > 200 {
		return nil, &overError{view.OverUnknown}
	}
	ctx := v.Context()
	l, err := s.db.Link(ctx, account.Fingerprint(token))
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && l.Purpose != purpose:
		return nil, &overError{view.OverUnknown}
	case err != nil:
		return nil, err
	case !l.Used.IsZero():
		return nil, &overError{view.OverUsed}
	case !l.Revoked.IsZero():
		return nil, &overError{view.OverRevoked}
	case !l.Open(s.now()):
		return nil, &overError{view.OverExpired}
	}
	return l, nil
}

// over answers a link that cannot be used with the page that says why.
func (s *Server) over(w http.ResponseWriter, v *visit, err error) error {
	var o *overError
	if !errors.As(err, &o) {
		return err
	}
	return s.page(w, v, http.StatusGone, view.OverPage(o.why))
}

// replying reads the link that the address names and the request that it opens.
func (s *Server) replying(w http.ResponseWriter, v *visit) (*account.Link, *store.Request, error) {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	l, err := s.oneThing(v, "reply", account.Reply)
	if err != nil {
		return nil, nil, err
	}
	x, err := s.db.Request(v.Context(), l.Shop, l.Object)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, &overError{view.OverUnknown}
	case err != nil:
		return nil, nil, err
	case x.State == workflow.RequestWithdrawn:
		return nil, nil, &overError{view.OverWithdrawn}
	case !x.State.Awaits():
		return nil, nil, &overError{view.OverUsed}
	}
	ok, err := s.db.Answerable(v.Context(), x, s.now())
	if err == nil && !ok {
		err = &overError{view.OverRevoked}
	}
	return l, x, err
}

// replyForm is what the link shows: the request alone.
func (s *Server) replyForm(v *visit, l *account.Link, x *store.Request) (*view.Reply, error) {
	f := &view.Reply{Shop: *v.Shop, Expires: l.Expires, RequestForm: view.RequestForm{Request: *x, URL: v.URL.Path, Action: v.URL.Path, Name: l.Name, Typing: true, Today: workflow.Day(s.now()), MayAnswer: true}}
	var err error
	if f.Items, err = s.requestItems(v, x); err != nil {
		return nil, err
	}
	names, err := s.db.Names(v.Context(), []account.ID{l.By})
	f.From = names[l.By]
	return f, err
}

func (s *Server) replyPage(w http.ResponseWriter, v *visit) error {
	l, x, err := s.replying(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	f, err := s.replyForm(v, l, x)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ReplyPage(*f))
}

// reply keeps the answers of who has the link; sending them takes the link.
func (s *Server) reply(w http.ResponseWriter, v *visit) error {
	l, x, err := s.replying(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	send, name := v.value("act") == "send", account.Line(v.value("name"))
	p, err := s.typed(v, x, send)
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(name); n > 100 || send && n == 0 {
		p = append(p, account.Problem{Field: "name", Reason: nobodyNamed})
	}
	again := func(status int, x *store.Request, others map[int]workflow.Reply) error {
		f, err := s.replyForm(v, l, x)
		if err != nil {
			return err
		}
		f.Problems, f.Name = p, name
		f.Others(others)
		return s.page(w, v, status, view.ReplyPage(*f))
	}
	if len(p) > 0 {
		return again(http.StatusUnprocessableEntity, x, nil)
	}
	ctx, sent := v.Context(), *x
	err = s.db.Change(ctx, "", s.now(), func(tx *store.Tx) error {
		sent = *x
		if send {
			if err := tx.TakeLink(ctx, l); err != nil {
				return err
			}
		}
		return tx.SaveReplies(ctx, &sent, send, name, l.ID)
	})
	if errors.Is(err, store.ErrConflict) {
		_, now, err := s.replying(w, v) // was the link taken, or did somebody else save?
		if err != nil {
			return s.over(w, v, err)
		}
		return again(http.StatusConflict, x, between(x, now))
	}
	if err != nil {
		return err
	}
	if !send {
		return s.see(w, v, v.URL.Path, v.t("途中まで保存しました。この URL から、続きを入力できます。"))
	}
	f, err := s.replyForm(v, l, &sent)
	if err != nil {
		return err
	}
	f.Name = name
	return s.page(w, v, http.StatusOK, view.ReplySentPage(*f))
}

// typed puts what was typed into the items that are to be answered, with the
// revision that the form was filled in sight of.
func (s *Server) typed(v *visit, x *store.Request, send bool) (account.Problems, error) {
	var p account.Problems
	if err := v.seen(x); err != nil {
		return nil, err
	}
	today := workflow.Day(s.now())
	for i := range x.Items {
		it := &x.Items[i]
		if it.Decision == workflow.Approved {
			continue
		}
		it.Reply = workflow.Reply{Policy: workflow.Policy(field(v, "policy", it.Number)), Day: field(v, "day", it.Number), Estimate: field(v, "estimate", it.Number), Words: field(v, "words", it.Number)}
		p = append(p, it.Reply.Tidy(it.Number, send, today)...)
	}
	return p, nil
}

// between says what others saved meanwhile that differs from what was typed.
// The form goes on from there: saving it once more is a decision made in sight
// of the other.
func between(x, now *store.Request) map[int]workflow.Reply {
	out := map[int]workflow.Reply{}
	for i := range x.Items {
		if x.Items[i].Reply != now.Items[i].Reply {
			out[now.Items[i].Number] = now.Items[i].Reply
		}
		if now.Items[i].Decision == workflow.Approved {
			x.Items[i] = now.Items[i]
		}
	}
	x.Revision, x.State = now.Revision, now.State
	return out
}

// answerRequest is reply for a contractor who is signed in.
func (s *Server) answerRequest(w http.ResponseWriter, v *visit) error {
	x, mine, err := s.request(v)
	if err != nil {
		return err
	}
	if !mine {
		return errForbidden
	}
	if !x.State.Awaits() {
		return store.ErrConflict
	}
	send := v.value("act") == "send"
	p, err := s.typed(v, x, send)
	if err != nil {
		return err
	}
	again := func(status int, others map[int]workflow.Reply) error {
		f, err := s.requestForm(v, x, mine)
		if err != nil {
			return err
		}
		f.Problems = p
		f.Others(others)
		return s.page(w, v, status, view.RequestPage(*f))
	}
	if len(p) > 0 {
		return again(http.StatusUnprocessableEntity, nil)
	}
	ctx := v.Context()
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		y := *x
		y.Items = slices.Clone(x.Items)
		if send {
			if err := tx.RevokeLinksTo(ctx, x.Shop, x.ID); err != nil {
				return err
			}
		}
		return tx.SaveReplies(ctx, &y, send, v.Actor.Person.Name, "")
	})
	if errors.Is(err, store.ErrConflict) {
		now, _, err := s.request(v)
		if err != nil {
			return err
		}
		if !now.State.Awaits() {
			return store.ErrConflict
		}
		return again(http.StatusConflict, between(x, now))
	}
	if err != nil {
		return err
	}
	done := v.t("途中まで保存しました。")
	if send {
		done = v.t("回答を送りました。お店の責任者が確かめます。")
	}
	return s.see(w, v, requestsURL(v)+"/"+string(x.ID), done)
}
