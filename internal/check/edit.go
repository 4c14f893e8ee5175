package check

import (
	"context"
	"net/http"
	"slices"

	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// Edit is a form by which the test account changes data of its own, for checks
// of level full. What is changed is put back.
type Edit struct {
	at       *page.Form
	Form     *page.Form  // as last read
	Field    *page.Field // that is changed
	Token    *page.Field // against forged requests; nil when the form has none
	Original string
}

// Editable finds a form of the account's profile with a field of free text and
// reads it anew; nil when there is none. Forms with passwords, mail addresses to
// be confirmed or files are left alone. From then to its end the visit is the
// only one that changes data: two checks at one field would undo each other's.
func (v *Visit) Editable(ctx context.Context) (*Edit, error) {
	m := v.p.Site.As(v.s.Name())
	if m == nil {
		return nil, nil
	}
	if !v.edits {
		v.p.facts.edits.Lock()
		v.edits = true
	}
	for _, means := range []page.Meaning{page.MeansAddress, page.MeansPerson} {
		for _, f := range m.Forms {
			if f.Purpose != page.ForProfile || f.Method != http.MethodPost || f.Scripted || f.Enctype == "multipart/form-data" || f.Page == nil || !v.p.Scope.HasOrigin(f.Action) || asksMore(f) {
				continue
			}
			e := &Edit{at: f}
			if err := v.Reread(ctx, e); err != nil {
				return nil, err
			}
			if e.Form == nil {
				continue
			}
			for _, x := range e.Form.Fields {
				if x.Means == means && (x.Type == "text" || x.Type == "") && len(x.Value) > 3 && (x.MaxLength < 0 || len([]rune(x.Value))+8 <= x.MaxLength) {
					e.Field, e.Original = x, x.Value
					return e, nil
				}
			}
		}
	}
	return nil, nil
}

func asksMore(f *page.Form) bool {
	return slices.ContainsFunc(f.Fields, func(x *page.Field) bool {
		return x.Means == page.MeansPassword || x.Means == page.MeansNewPassword || x.Means == page.MeansCaptcha || x.Means == page.MeansFile || x.Means == page.MeansOTP || x.Means == page.MeansCardNumber
	})
}

// Reread fetches the form anew: its token is fresh then, and the field holds
// what the shop has stored.
func (v *Visit) Reread(ctx context.Context, e *Edit) error {
	pg, err := v.Do(ctx, &wire.Request{Method: http.MethodGet, URL: e.at.Page.URL, Again: true, Level: wire.Full, Origin: wire.Origin{Why: "the form of the test account's own data"}})
	if err != nil {
		return err
	}
	name := ""
	if e.Field != nil {
		name = e.Field.Name
	}
	e.Form, e.Token = nil, nil
	for _, f := range pg.Forms {
		if f.Purpose == e.at.Purpose && f.Action != nil && f.Action.Path == e.at.Action.Path && f.Method == e.at.Method {
			e.Form = f
			break
		}
	}
	if e.Form == nil {
		return nil
	}
	for _, x := range e.Form.Fields {
		if x.Means == page.MeansToken && len(x.Value) >= 8 {
			e.Token = x
		}
		if name != "" && x.Name == name {
			e.Field = x
		}
	}
	return nil
}

// Save sends the form with value in the field, the values of over, and without
// the fields of leave, and says whether the shop stored the value.
func (v *Visit) Save(ctx context.Context, e *Edit, value string, over map[string]string, leave ...string) (stored bool, ex *wire.Exchange, err error) {
	all := map[string]string{e.Field.Name: value}
	for k, x := range over {
		all[k] = x
	}
	r := signin.Sending(e.Form, all, leave...)
	r.Level, r.Again, r.Origin.Why = wire.Full, true, "a change of the test account's own data"
	pg, err := v.Do(ctx, r)
	if err != nil {
		return false, nil, err
	}
	if err := v.Reread(ctx, e); err != nil || e.Form == nil {
		return false, pg.Ex, err
	}
	return e.Field.Value == value || e.Field.Value == v.p.client.Masker().Text(value), pg.Ex, nil
}
