package inject

import (
	"bytes"
	"context"
	"maps"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// XSSStored asks whether what a customer saves – a profile, a review – becomes
// a script in a page that others see. Only level full may write: tagged values,
// in the test account's own data and in forms that order and mail nothing.
// What can be put back or removed is; what was posted is listed.
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
		routes := map[string]bool{}
		for _, f := range p.Site.Forms {
			if !posts(p, f) || routes[route(f)] || len(routes) >= maxStoredForms {
				continue
			}
			routes[route(f)] = true
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
	maxStoredSends  = 5 // of one form; twice that where it takes only one field at a time
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

// route is what forms have in common that one program receives: the address
// without its numbers, and the fields.
func route(f *page.Form) string {
	var names []string
	for _, x := range f.Fields {
		names = append(names, x.Name)
	}
	slices.Sort(names)
	return numbers.ReplaceAllString(f.Action.Path, "#") + " " + strings.Join(slices.Compact(names), " ")
}

var numbers = regexp.MustCompile(`[0-9]+`)

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
