package inject

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// XSSStored asks whether what a customer saves – a profile, a review – becomes
// a script in a page that others see. Only level full may write: tagged values,
// in the test account's own data and in forms that order and mail nothing.
// What can be put back is put back; what was posted is listed.
var XSSStored = &check.Check{
	Name: "xss-stored", Level: wire.Full, Severity: check.Medium, CWE: 79,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:P/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		w, err := check.Ask(ctx, p, probe.Plan)
		if err != nil {
			return err
		}
		forms := 0
		for _, f := range p.Site.Forms {
			if !posts(p, f) || forms >= maxStoredForms {
				continue
			}
			forms++
			if err := storedByForm(ctx, p, w, f); err != nil {
				return err
			}
		}
		for _, account := range p.Customers() {
			err := p.As(ctx, account, func(v *check.Visit) error { return storedInProfile(ctx, p, w, v) })
			if err != nil {
				return err
			}
		}
		return nil
	},
}

const (
	maxStoredForms  = 6
	maxStoredPages  = 30
	maxStoredSends  = 8 // of one form
	maxStoredFields = 6
)

// posts says that a form keeps a text and neither orders, mails, signs in nor signs off.
func posts(p *check.Pass, f *page.Form) bool {
	switch f.Purpose {
	case page.ForReview, page.ForOther:
	case page.ForContact:
		if !slices.Contains(p.Scope.Consent.Acts, wire.ActMail) {
			return false
		}
	default:
		return false
	}
	if f.Method != "POST" || f.Scripted || f.Page == nil || f.Action == nil || !p.Scope.HasOrigin(f.Action) || len(freeTexts(f)) == 0 {
		return false
	}
	return !slices.ContainsFunc(f.Fields, func(x *page.Field) bool {
		switch x.Means {
		case page.MeansPassword, page.MeansNewPassword, page.MeansCaptcha, page.MeansOTP, page.MeansCardNumber, page.MeansCardCode:
			return true
		}
		return x.Type == "file" && x.Required
	})
}

// freeTexts are the fields in which a visitor writes freely.
func freeTexts(f *page.Form) []*page.Field {
	var out []*page.Field
	for _, x := range f.Fields {
		if x.Name == "" || x.MaxLength >= 0 && x.MaxLength < 40 || len(out) >= maxStoredFields {
			continue
		}
		switch x.Type {
		case "", "text", "textarea":
		default:
			continue
		}
		switch x.Means {
		case page.MeansOther, page.MeansPerson, page.MeansAddress, page.MeansQuery:
			out = append(out, x)
		}
	}
	return out
}

// harmlessly is what the other fields are filled with.
func harmlessly(p *check.Pass, f *page.Form) map[string]string {
	all := map[string]string{}
	for _, x := range f.Fields {
		if x.Name == "" || x.Value != "" {
			continue
		}
		switch x.Means {
		case page.MeansMail:
			all[x.Name] = "miseban@" + probe.ReservedHost
			for _, a := range p.Scope.Accounts {
				if a.Mailbox != "" {
					all[x.Name] = a.Mailbox
					break
				}
			}
		case page.MeansPhone:
			all[x.Name] = "0300000000"
		case page.MeansPostcode:
			all[x.Name] = "1000001"
		case page.MeansQuantity:
			all[x.Name] = "1"
		default:
			if x.Type == "" || x.Type == "text" || x.Type == "textarea" {
				all[x.Name] = "店番による確認"
			}
		}
		if len(x.Options) > 0 {
			i := slices.IndexFunc(x.Options, func(o string) bool { return o != "" })
			all[x.Name] = x.Options[max(i, 0)]
		}
	}
	return all
}

// keeping is one place in which a value is kept.
type keeping struct {
	where, field string
	// put saves the value and returns what the shop answered.
	put func(ctx context.Context, value, why string) (*page.Page, *wire.Request, error)
	get func(ctx context.Context, u *url.URL) (*page.Page, error)
}

func storedByForm(ctx context.Context, p *check.Pass, w *probe.Work, f *page.Form) error {
	sends := 0
	get := func(ctx context.Context, u *url.URL) (*page.Page, error) {
		return p.Do(ctx, &wire.Request{URL: u, Again: true, Level: wire.Full, Origin: wire.Origin{Why: "where a saved value is shown"}})
	}
	for _, x := range freeTexts(f) {
		wr := &keeping{where: f.Action.EscapedPath(), field: x.Name, get: get}
		wr.put = func(ctx context.Context, value, why string) (*page.Page, *wire.Request, error) {
			if sends++; sends > maxStoredSends {
				return nil, nil, nil
			}
			form := f
			if pg, err := get(ctx, f.Page.Ex.URL); err != nil {
				return nil, nil, err
			} else if i := slices.IndexFunc(pg.Forms, func(g *page.Form) bool {
				return g.Action != nil && g.Action.Path == f.Action.Path && g.Method == f.Method
			}); i >= 0 {
				form = pg.Forms[i] // with a fresh token
			}
			values := harmlessly(p, form)
			values[x.Name] = value
			r := inParts(signin.Sending(form, values), form)
			r.Level, r.Again, r.Injected, r.Parameter, r.Origin.Why = wire.Full, true, []string{value}, "form "+x.Name, why
			pg, err := p.Do(ctx, r)
			if err == nil {
				p.Note(check.Note{Kind: "created", Where: f.Action.EscapedPath(), Args: i18n.Args{"parameter": x.Name, "value": value}})
			}
			return pg, r, err
		}
		if err := wr.try(ctx, p, w); err != nil {
			return err
		}
	}
	return nil
}

// inParts writes the fields of r as multipart/form-data where the form says so.
func inParts(r *wire.Request, f *page.Form) *wire.Request {
	fields, err := url.ParseQuery(string(r.Body))
	if f.Enctype != "multipart/form-data" || err != nil || len(r.Body) == 0 {
		return r
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("miseban-5f3a9c71d2e84b60") // of valid signs
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		for _, v := range fields[k] {
			_ = w.WriteField(k, v) // a buffer takes everything
		}
	}
	_ = w.Close()
	r.Body = b.Bytes()
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func storedInProfile(ctx context.Context, p *check.Pass, w *probe.Work, v *check.Visit) (err error) {
	e, err := v.Editable(ctx)
	if err != nil || e == nil {
		return err
	}
	changed := false
	defer func() {
		if !changed {
			return
		}
		ctx := context.WithoutCancel(ctx)
		if rerr := v.Reread(ctx, e); rerr == nil && e.Form != nil {
			_, _, rerr = v.Save(ctx, e, e.Original, nil)
			if err == nil {
				err = rerr
			}
		}
	}()
	wr := &keeping{where: e.Form.Action.EscapedPath(), field: e.Field.Name, get: func(ctx context.Context, u *url.URL) (*page.Page, error) {
		return v.Do(ctx, &wire.Request{URL: u, Again: true, Level: wire.Full, Origin: wire.Origin{Why: "where a saved value is shown"}})
	}}
	wr.put = func(ctx context.Context, value, why string) (*page.Page, *wire.Request, error) {
		r := inParts(signin.Sending(e.Form, map[string]string{e.Field.Name: value}), e.Form)
		r.Level, r.Again, r.Injected, r.Parameter, r.Origin.Why = wire.Full, true, []string{value}, "form "+e.Field.Name, why
		changed = true
		pg, err := v.Do(ctx, r)
		if err == nil {
			err = v.Reread(ctx, e)
		}
		if err == nil && e.Form == nil {
			return nil, nil, nil
		}
		return pg, r, err
	}
	return wr.try(ctx, p, w)
}

// try saves the marker, looks where it is shown, and, where it did not leave
// its place by itself, saves the shortest value that would.
func (wr *keeping) try(ctx context.Context, p *check.Pass, w *probe.Work) error {
	m := w.Markers.New("xss-stored", wr.where, wr.field, "kept")
	pg, r, err := wr.put(ctx, m.Probe(), "a marker that is kept")
	if err != nil || pg == nil {
		return err
	}
	p.ExaminedThing("kept " + wr.where + " " + wr.field)
	targets := wr.pages(p, pg)
	tried := 0
	for _, u := range targets {
		at, err := wr.get(ctx, u)
		if err != nil {
			return err
		}
		places := probe.Places(at, m)
		if len(places) == 0 {
			continue
		}
		if probe.Renders(at.Ex) {
			if all := probe.Escapes(at.Doc, m.Name()); len(all) > 0 {
				wr.tell(p, m.Probe(), at, all[0], r)
				return nil
			}
		}
		for i := range places {
			if pl := &places[i]; pl.Kind == probe.InComment && pl.Quote == "" && pl.Fate.Raw("<") && pl.Fate.Raw(">") && !pl.Start {
				value := probe.Dashed.Make("", probe.NewRand(p.Derive("comment "+wr.where+wr.field)))
				saved, r, err := wr.put(ctx, value, "whether dashes come back in a comment")
				if err != nil || saved == nil {
					return err
				}
				again, err := wr.get(ctx, u)
				if err != nil {
					return err
				}
				if probe.Open(again, value) {
					f := wr.tell(p, value, again, probe.Escape{Made: probe.MadeElement}, r)
					f.Case, f.Confidence = "comment", check.Possible
					f.Proof.Words = i18n.Text{
						JA: fmt.Sprintf("%s の入力欄「%s」に保存した「%s」が、%s の HTML のコメントの中にそのまま表示されました。コメントを終わらせる記号は送っていません。", wr.where, wr.field, value, again.Ex.Path()),
						EN: fmt.Sprintf("\"%s\", saved in the field %s of %s, is shown unchanged in an HTML comment of %s. The signs that end a comment were not sent.", value, wr.field, wr.where, again.Ex.Path()),
					}
					return nil
				}
			}
			for _, way := range probe.Leaves(at, &places[i], m.Name()) {
				if tried++; tried > 3 {
					return nil
				}
				n := w.Markers.New("xss-stored", wr.where, wr.field, "way "+way.Value)
				value := way.Fill(n.Name())
				saved, r, err := wr.put(ctx, value, "a kept value that leaves its place")
				if err != nil || saved == nil {
					return err
				}
				again, err := wr.get(ctx, u)
				if err != nil {
					return err
				}
				if all := probe.Escapes(again.Doc, n.Name()); probe.Renders(again.Ex) && len(all) > 0 {
					wr.tell(p, value, again, all[0], r)
					return nil
				}
			}
		}
	}
	return nil
}

// pages are where a kept value may be shown: where the answer leads, then one
// page of each kind, then the rest.
func (wr *keeping) pages(p *check.Pass, answer *page.Page) []*url.URL {
	var out []*url.URL
	seen := map[string]bool{}
	add := func(u *url.URL) {
		if u == nil || len(out) >= maxStoredPages || !p.Scope.HasOrigin(u) {
			return
		}
		c := *u
		c.Fragment, c.RawFragment = "", ""
		if seen[c.String()] {
			return
		}
		seen[c.String()] = true
		out = append(out, &c)
	}
	for _, l := range answer.Links {
		if (l.Rel == "location" || l.From == "a") && l.Effect == page.Reads && l.Method == "" && !l.Pattern && len(out) < 6 {
			add(l.URL)
		}
	}
	kinds := map[string]bool{}
	for _, first := range []bool{true, false} {
		for _, pg := range slices.Concat(p.Site.Members(), p.Site.HTML()) {
			if pg.Ex.Method == "GET" && kinds[pg.Template] != first {
				if e, _ := page.ClassifyLink(&page.Link{URL: pg.Ex.URL, Raw: pg.Ex.RawURL, From: "a"}); e == page.Reads {
					add(pg.Ex.URL)
				}
				kinds[pg.Template] = true
			}
		}
	}
	return out
}

func (wr *keeping) tell(p *check.Pass, value string, at *page.Page, e probe.Escape, r *wire.Request) *check.Finding {
	made := madeWords(e)
	f := p.Report(at.Ex, at.Ex.Path(), i18n.Args{"parameter": wr.field, "form": wr.where})
	f.Parameter = wr.field
	if probe.Curbed(at, e) {
		f.Severity = check.Low
	}
	f.Words = map[string]i18n.Text{"made": made}
	f.Excerpt = around(at.Text, value, e)
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s の入力欄「%s」に「%s」を保存すると、%s に表示され、%s。", wr.where, wr.field, value, at.Ex.Path(), made.JA),
			EN: fmt.Sprintf("\"%s\", saved in the field %s of %s, is shown on %s: %s.", value, wr.field, wr.where, at.Ex.Path(), made.EN),
		},
		Steps: []check.ProofStep{{Value: value, Saw: made, Evidence: at.Ex.ID}},
		Curl:  strings.TrimSpace(probe.Curl(r)), Agreed: 1, Tried: 1,
	}
	return f
}
