package web

import (
	"net/http"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// mostLetters is how many letters with links one person may have sent in a day,
// and all people of an organisation together: they go to strangers, from the
// operator's address.
const mostLetters = 50

// mailLink sends a link that was made to whom it is for, where mails can be
// sent and not too many went; the page shows it in any case and says which. kv
// are further values of the letter.
func (s *Server) mailLink(v *visit, tx *store.Tx, made *view.LinkMade, about, path string, kv ...string) error {
	if s.opt.Mail == nil {
		return nil
	}
	l := &made.Link
	org := l.Organisation
	if org == "" {
		org = v.Shop.Organisation
	}
	mine, ours, err := tx.LettersSince(v.Context(), v.by(), org, tx.At.AddDate(0, 0, -1))
	if err != nil {
		return err
	}
	if max(mine, ours) >= mostLetters {
		made.Most = mostLetters
		return nil
	}
	made.Mailed = true
	args := map[string]string{"from": v.Actor.Person.Name, "until": view.Moment(l.Expires)}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return tx.AddLetter(v.Context(), &store.Mail{Person: l.Person, Shop: l.Shop, By: v.by(), For: org, To: l.Mail, Letter: &notice.Letter{About: about, Lang: v.Lang, URL: origin(s.opt.Public) + path, Args: args}})
}

// mailsPage shows the operator whether mails go out.
func (s *Server) mailsPage(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	list, err := s.db.TroubledMails(ctx, rows)
	if err != nil {
		return err
	}
	form := view.Mails{List: list, Mail: v.Actor.Person.Mail}
	if s.opt.Mail != nil {
		form.Server, form.From = s.opt.Mail.String(), s.opt.Mail.From.Address
	} else if form.Elsewhere, err = s.db.Mailing(ctx, s.now()); err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.MailsPage(form))
}

// trialMail sends the operator a mail.
func (s *Server) trialMail(w http.ResponseWriter, v *visit) error {
	ctx, me := v.Context(), v.Actor.Person
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		tx.Record(account.Event{Verb: account.MailTrial, Person: me.ID})
		return tx.AddLetter(ctx, &store.Mail{Person: me.ID, To: me.Mail, Letter: &notice.Letter{About: notice.LetterTrial, Lang: langOf(me, v.Lang)}})
	}); err != nil {
		return err
	}
	return s.see(w, v, "/operator/mails", v.t("{mail} あてに送ります。数秒で届かないときは、このページを開き直して、理由を確かめてください。", "mail", me.Mail))
}

// langOf is the language in which somebody is written to.
func langOf(p account.Person, otherwise i18n.Lang) i18n.Lang {
	if p.Lang != "" {
		return p.Lang
	}
	return otherwise
}

func (s *Server) mailAgain(w http.ResponseWriter, v *visit) error {
	id := account.ID(v.PathValue("mail"))
	if !id.Valid() {
		return errNoPage
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.MailAgain(ctx, id) }); err != nil {
		return err
	}
	return s.see(w, v, "/operator/mails", v.t("もう一度送ります。"))
}
