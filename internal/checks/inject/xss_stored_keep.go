package inject

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// keeping is a form whose fields are kept and shown elsewhere.
type keeping struct {
	where  string
	fields []string
	// put saves values by their fields and returns what the shop answered; a nil
	// page says that no more may be saved.
	put func(ctx context.Context, values map[string]saying, why string) (*page.Page, *wire.Request, error)
	get func(ctx context.Context, u *url.URL) (*page.Page, error)
	// refused says that the shop did not take the first posting.
	refused bool
}

// saying is a value with the word in it by which it is found again.
type saying struct{ value, word string }

// sown is a field with a marker in what it keeps.
type sown struct {
	field  string
	marker probe.Marker
	shown  []*url.URL
	next   []step // what is still worth a try
	done   bool
}

// step is a value that may leave the place in which a page shows a field.
type step struct {
	at   *url.URL
	way  probe.Way
	dash bool // dashes in a comment instead
}

const maxSteps = 3 // of one field

// storedByForm posts the form once with a marker in every free field, and again
// only with values that would leave the places where those were shown.
func storedByForm(ctx context.Context, p *check.Pass, w *probe.Work, f *page.Form) (err error) {
	wr := &keeping{where: f.Action.EscapedPath()}
	for _, x := range freeTexts(f) {
		wr.fields = append(wr.fields, x.Name)
	}
	wr.get = func(ctx context.Context, u *url.URL) (*page.Page, error) {
		return p.Do(ctx, &wire.Request{URL: u, Again: true, Level: wire.Full, Origin: wire.Origin{Why: "where a saved value is shown"}})
	}
	var made []*record
	wr.put = func(ctx context.Context, values map[string]saying, why string) (*page.Page, *wire.Request, error) {
		if len(made) >= maxStoredSends && len(values) > 1 || len(made) >= 2*maxStoredSends {
			return nil, nil, nil
		}
		form := f
		if pg, err := wr.get(ctx, f.Page.Ex.URL); err != nil {
			return nil, nil, err
		} else if i := slices.IndexFunc(pg.Forms, func(g *page.Form) bool {
			return g.Action != nil && g.Action.Path == f.Action.Path && g.Method == f.Method
		}); i >= 0 {
			form = pg.Forms[i] // with a fresh token
		}
		r, rec := kept(form, harmlessly(p, form), values)
		r.Origin.Why = why
		pg, err := p.Do(ctx, r)
		if err == nil {
			made = append(made, rec)
		}
		return pg, r, err
	}
	var shown []*url.URL
	defer func() {
		rerr := removeAll(context.WithoutCancel(ctx), p, wr, made, shown)
		if err == nil {
			err = rerr
		}
		for i, rec := range made {
			for _, x := range rec.values {
				args := i18n.Args{"parameter": x[0], "value": x[1], "record": strconv.Itoa(i + 1)}
				if rec.gone {
					args["removed"] = "yes"
				}
				p.Note(check.Note{Kind: "created", Where: wr.where, Args: args})
			}
		}
	}()
	shown, err = wr.try(ctx, p, w, wr.fields)
	if err != nil || len(shown) > 0 || len(wr.fields) < 2 || !wr.refused {
		return err
	}
	// One field that takes no signs may have had the whole posting refused.
	for _, name := range wr.fields {
		more, err := wr.try(ctx, p, w, []string{name})
		if shown = append(shown, more...); err != nil {
			return err
		}
	}
	return nil
}

// kept is the request that saves values in form, beside what else is filled in.
func kept(form *page.Form, filled map[string]string, values map[string]saying) (*wire.Request, *record) {
	rec := &record{}
	var names, injected []string
	for _, x := range form.Fields {
		if v, ok := values[x.Name]; ok && !slices.Contains(names, x.Name) {
			names, injected, rec.words = append(names, x.Name), append(injected, v.value), append(rec.words, v.word)
			rec.values = append(rec.values, [2]string{x.Name, v.value})
			filled[x.Name] = v.value
		}
	}
	r := inParts(signin.Sending(form, filled), form)
	r.Level, r.Again, r.Injected, r.Parameter = wire.Full, true, injected, "form "+strings.Join(names, "+")
	return r, rec
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
		back := false
		rerr := v.Reread(ctx, e)
		if rerr == nil && e.Form != nil {
			back, _, rerr = v.Save(ctx, e, e.Original, nil)
		}
		if !back {
			p.Note(check.Note{Kind: "left", Where: e.Form.Action.EscapedPath(), Args: i18n.Args{"field": e.Field.Name}})
		}
		if err == nil {
			err = rerr
		}
	}()
	wr := &keeping{where: e.Form.Action.EscapedPath(), fields: []string{e.Field.Name}, get: func(ctx context.Context, u *url.URL) (*page.Page, error) {
		return v.Do(ctx, &wire.Request{URL: u, Again: true, Level: wire.Full, Origin: wire.Origin{Why: "where a saved value is shown"}})
	}}
	wr.put = func(ctx context.Context, values map[string]saying, why string) (*page.Page, *wire.Request, error) {
		r, _ := kept(e.Form, map[string]string{}, values)
		r.Origin.Why = why
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
	_, err = wr.try(ctx, p, w, wr.fields)
	return err
}

// try saves a marker in each of the fields, looks where they are shown, and,
// where one did not leave its place by itself, saves the shortest value that
// would. It returns the pages on which a marker was shown.
func (wr *keeping) try(ctx context.Context, p *check.Pass, w *probe.Work, fields []string) ([]*url.URL, error) {
	label := "kept"
	if len(fields) < len(wr.fields) {
		label = "kept alone"
	}
	values := map[string]saying{}
	var all []*sown
	for _, name := range fields {
		s := &sown{field: name, marker: w.Markers.New("xss-stored", wr.where, name, label)}
		all, values[name] = append(all, s), saying{s.marker.Probe(), s.marker.Head}
	}
	pg, r, err := wr.put(ctx, values, "a marker that is kept")
	if err != nil || pg == nil {
		return nil, err
	}
	wr.refused = pg.Ex.Status >= 400 || slices.ContainsFunc(pg.Forms, func(f *page.Form) bool { return f.Action != nil && f.Action.EscapedPath() == wr.where })
	for _, name := range fields {
		p.ExaminedThing("kept " + wr.where + " " + name)
	}
	var shown []*url.URL
	for _, u := range wr.pages(p, pg) {
		at, err := wr.get(ctx, u)
		if err != nil {
			return shown, err
		}
		for _, s := range all {
			if wr.look(p, s, at, u, r) && (len(shown) == 0 || shown[len(shown)-1] != u) {
				shown = append(shown, u)
			}
		}
	}
	for range maxSteps {
		if left := slices.DeleteFunc(slices.Clone(all), func(s *sown) bool { return s.done || len(s.next) == 0 }); len(left) == 0 {
			break
		} else if err := wr.step(ctx, p, w, left, label); err != nil {
			return shown, err
		}
	}
	return shown, nil
}

// look says whether at shows the marker of s, tells when it left its place, and
// plans what would.
func (wr *keeping) look(p *check.Pass, s *sown, at *page.Page, u *url.URL, r *wire.Request) bool {
	places := probe.Places(at, s.marker)
	if len(places) == 0 {
		return false
	}
	s.shown = append(s.shown, u)
	if s.done {
		return true
	}
	if probe.Renders(at.Ex) {
		if all := probe.Escapes(at.Tree(), s.marker.Name()); len(all) > 0 {
			s.done = true
			wr.tell(p, s.field, s.marker.Probe(), at, all[0], r)
			return true
		}
	}
	for i := range places {
		if pl := &places[i]; pl.Kind == probe.InComment && pl.Quote == "" && pl.Fate.Raw("<") && pl.Fate.Raw(">") && !pl.Start {
			s.next = append(s.next, step{at: u, dash: true})
		}
		for _, way := range probe.Leaves(at, &places[i], s.marker.Name()) {
			s.next = append(s.next, step{at: u, way: way})
		}
	}
	s.next = s.next[:min(len(s.next), maxSteps)]
	return true
}

// step saves the next value of each field of list in one posting.
func (wr *keeping) step(ctx context.Context, p *check.Pass, w *probe.Work, list []*sown, label string) error {
	values := map[string]saying{}
	for _, s := range list {
		if s.next[0].dash {
			v := probe.Dashed.Make("", probe.NewRand(p.Derive("comment "+label+wr.where+s.field)))
			values[s.field] = saying{v, v[len("->"):][:8]}
			continue
		}
		n := w.Markers.New("xss-stored", wr.where, s.field, label+" way "+s.next[0].way.Value)
		values[s.field] = saying{s.next[0].way.Fill(n.Name()), n.Name()}
	}
	saved, r, err := wr.put(ctx, values, "kept values that leave their places")
	if err != nil || saved == nil {
		for _, s := range list {
			s.done = true
		}
		return err
	}
	for _, s := range list {
		now := s.next[0]
		s.next = s.next[1:]
		again, err := wr.get(ctx, now.at)
		if err != nil {
			return err
		}
		value := values[s.field].value
		if now.dash {
			if probe.Open(again, value) {
				s.done = true
				f := wr.tell(p, s.field, value, again, probe.Escape{Made: probe.MadeElement}, r)
				f.Case, f.Confidence = "comment", check.Possible
				f.Proof.Words = i18n.Text{
					JA: fmt.Sprintf("%s の入力欄「%s」に保存した「%s」が、%s の HTML のコメントの中にそのまま表示されました。コメントを終わらせる記号は送っていません。", wr.where, s.field, value, again.Ex.Path()),
					EN: fmt.Sprintf("\"%s\", saved in the field %s of %s, is shown unchanged in an HTML comment of %s. The signs that end a comment were not sent.", value, s.field, wr.where, again.Ex.Path()),
				}
			}
			continue
		}
		if all := probe.Escapes(again.Tree(), values[s.field].word); probe.Renders(again.Ex) && len(all) > 0 {
			s.done = true
			wr.tell(p, s.field, value, again, all[0], r)
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

func (wr *keeping) tell(p *check.Pass, field, value string, at *page.Page, e probe.Escape, r *wire.Request) *check.Finding {
	made := madeWords(e)
	f := p.Report(at.Ex, at.Ex.Path(), i18n.Args{"parameter": field, "form": wr.where})
	f.Parameter = field
	if probe.Curbed(at, e) {
		f.Severity = check.Low
	}
	f.Words = map[string]i18n.Text{"made": made}
	f.Excerpt = around(at.Text, value, e)
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s の入力欄「%s」に「%s」を保存すると、%s に表示され、%s。", wr.where, field, value, at.Ex.Path(), made.JA),
			EN: fmt.Sprintf("\"%s\", saved in the field %s of %s, is shown on %s: %s.", value, field, wr.where, at.Ex.Path(), made.EN),
		},
		Steps: []check.ProofStep{{Value: value, Saw: made, Evidence: at.Ex.ID}},
		Curl:  strings.TrimSpace(probe.Curl(r)), Agreed: 1, Tried: 1,
	}
	return f
}
