package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// correctionsPage lists what of an edition was not compared with the original yet.
func (s *Server) correctionsPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CorrectionsPage(view.Corrections{Edition: e, List: subjectsOf(e)}))
}

// subjectsOf are the requirements, parts and the edition itself with what can
// be corrected of them. The duties of questions stand with their requirement.
func subjectsOf(e *guideline.Edition) []view.Subject {
	var out []view.Subject
	for _, x := range e.Items() {
		of := x.Of
		if _, ok := e.Question(of); ok {
			of = out[len(out)-1].Of
		}
		if len(out) == 0 || out[len(out)-1].Of != of {
			out = append(out, view.Subject{Of: of})
		}
		last := &out[len(out)-1]
		last.Items = append(last.Items, x)
		if !x.Origin.Verified {
			last.Open++
		}
	}
	return out
}

// subjectOf finds what the form is about; without a name the first that is open.
func subjectOf(e *guideline.Edition, of string, named bool) (view.Subject, error) {
	list := subjectsOf(e)
	i := slices.IndexFunc(list, func(x view.Subject) bool { return named && x.Of == of || !named && x.Open > 0 })
	if i < 0 && !named {
		i = 0
	}
	if i < 0 {
		return view.Subject{}, errNoPage
	}
	return list[i], nil
}

func (s *Server) correctionPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	q := v.URL.Query()
	subject, err := subjectOf(e, q.Get("of"), q.Has("of"))
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CorrectionPage(view.CorrectionForm{Edition: e, Subject: subject}))
}

// correctEdition makes the next revision of an edition from what was compared
// with the original.
func (s *Server) correctEdition(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	subject, err := subjectOf(e, v.value("of"), true)
	if err != nil {
		return err
	}
	f := view.CorrectionForm{Edition: e, Subject: subject}
	c := &f.Correction
	c.Source = guideline.Source{Name: i18n.Text{JA: v.value("source-ja"), EN: v.value("source-en")}, Ref: v.value("ref")}
	c.Reason = account.Paragraph(v.value("reason"))
	if v.value("revision") != e.RevisionName() { // the fields of the form are those of another revision
		f.Stale = true
		return s.page(w, v, http.StatusConflict, view.CorrectionPage(f))
	}
	for i, x := range subject.Items {
		name := view.CorrectionField(i)
		typed := typedItem(v, x, name)
		f.Subject.Items[i].Value, f.Subject.Items[i].Text = typed.Value, typed.Text
		if !slices.Contains(v.PostForm["change"], name) {
			continue
		}
		f.Typed = append(f.Typed, name)
		c.Changes = append(c.Changes, guideline.Change{Item: typed})
	}
	wrong := map[string]account.Reason{
		"source":  account.Reason{Message: "確かめた資料の名前を、全体で 1000 文字以内で入力してください。"},
		"reason":  account.Reason{Message: "訂正の理由を 1000 文字以内で入力してください。"},
		"changes": account.Reason{Message: "原文で確かめた項目に印を付けてください。"},
	}
	for _, field := range c.Tidy() {
		f.Problems = append(f.Problems, account.Problem{Field: field, Reason: wrong[field]})
	}
	if len(f.Problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.CorrectionPage(f))
	}
	next, err := s.db.CorrectEdition(v.Context(), v.by(), s.officeOf(v), s.now(), e, c)
	switch {
	case errors.Is(err, guideline.ErrMisfit) || len(guideline.Faults(err)) > 0:
		f.Problems = account.Problems{{Field: "changes", Reason: account.Reason{Message: "選んだ値は、この版では使えません。空欄がないか、確かめてください。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.CorrectionPage(f))
	case errors.Is(err, store.ErrConflict):
		f.Stale = true
		return s.page(w, v, http.StatusConflict, view.CorrectionPage(f))
	case err != nil:
		return err
	}
	return s.see(w, v, "/guidelines/"+e.ID+"/corrections", v.t("第 {n} 改訂として記録しました。これからの判定、チェックリスト、報告書はこの改訂を使います。", "n", next.RevisionName()))
}

// officeOf is the organisation in whose name somebody corrects.
func (s *Server) officeOf(v *visit) account.ID {
	for _, kind := range []account.Kind{account.Office, account.Platform} {
		if own := v.Actor.Of(kind, correctors...); len(own) > 0 {
			return own[0].ID
		}
	}
	return ""
}

// typedItem is the value that the form gives to an item.
func typedItem(v *visit, x guideline.Item, name string) guideline.Item {
	out := guideline.Item{Of: x.Of, Field: x.Field}
	switch x.Field {
	case guideline.FieldTitle, guideline.FieldIssuer:
		out.Text = i18n.Text{JA: account.Line(v.value(name + "-ja")), EN: account.Line(v.value(name + "-en"))}
	case guideline.FieldWhere, guideline.FieldAppliesTo, guideline.FieldDanger:
		out.Value = strings.Join(v.PostForm[name], " ")
	case guideline.FieldDuty:
		var words []string
		for _, form := range guideline.Forms {
			if duty := v.value(name + "-" + string(form)); duty != "" {
				words = append(words, string(form)+"="+duty)
			}
		}
		out.Value = strings.Join(words, " ")
	default:
		out.Value = account.Line(v.value(name))
	}
	return out
}

// revisionLines are the corrections of an edition for everybody to read, with
// the organisations that made them.
func (s *Server) revisionLines(v *visit, e *guideline.Edition) ([]view.RevisionLine, error) {
	list, err := s.db.Corrections(v.Context(), e.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var ids []account.ID
	for _, r := range list {
		ids = append(ids, r.Organisation)
	}
	names, err := s.db.OrganisationNames(v.Context(), ids)
	if err != nil {
		return nil, err
	}
	var out []view.RevisionLine
	for _, r := range list {
		out = append(out, view.RevisionLine{EditionRevision: r, Office: names[r.Organisation], Name: strconv.Itoa(r.Base) + "." + strconv.Itoa(r.Number)})
	}
	return out, nil
}
