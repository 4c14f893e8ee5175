package signin

import (
	"slices"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// Sending is f as a browser would send it, with the values of over in place of
// its own and without the fields named in leave.
func Sending(f *page.Form, over map[string]string, leave ...string) *wire.Request {
	fields := filled(f, "", "", over)
	own := map[string]string{}
	for _, x := range f.Fields {
		if x.Name != "" && x.Type != "checkbox" && x.Type != "radio" && x.Type != "button" {
			own[x.Name] = x.Value
		}
	}
	for i := range fields {
		if _, ok := over[fields[i].name]; !ok && fields[i].value == "" {
			fields[i].value = own[fields[i].name] // nothing is typed in: it is no sign-in
		}
	}
	return request(f, slices.DeleteFunc(fields, func(p pair) bool { return slices.Contains(leave, p.name) }))
}
