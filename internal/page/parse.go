package page

import (
	"strings"

	"golang.org/x/net/html"

	"miseban/internal/wire"
)

// Parse reads ex. It never fails: what cannot be read is left empty.
func Parse(ex *wire.Exchange) *Page {
	p := &Page{Ex: ex, URL: ex.URL, Base: ex.URL, Kind: NotHTML, Text: string(ex.Body)}
	if ex.HTML() {
		p.Kind = Other
		p.Doc, _ = html.Parse(strings.NewReader(p.Text))
	}
	return p
}
