package page

import "testing"

func TestScriptedForms(t *testing.T) {
	t.Parallel()
	const script = `<script src="/app.js"></script>`
	for name, c := range map[string]struct {
		body     string
		forms    int
		scripted bool
	}{
		"React":                  {script + `<form><input name="qty" type="number" value="1"><button>Add to cart</button></form>`, 1, true},
		"no script to catch it":  {`<form><input name="qty" type="number" value="1"><button>Add to cart</button></form>`, 1, false},
		"says where it goes":     {script + `<form method="post" action="/cart"><input name="qty" value="1"><button>Add to cart</button></form>`, 1, false},
		"a search needs neither": {script + `<form><input name="q" type="search"><button>Search</button></form>`, 1, false},
		"a share dialog":         {script + `<div><input type="text" value="https://shop.test/cart/" aria-label="URL" readonly><textarea readonly>&lt;iframe&gt;</textarea><button type="button">Close</button></div>`, 0, false},
	} {
		p := Parse(answer(t, "https://shop.test/item", "text/html", "<title>x</title>"+c.body))
		if len(p.Forms) != c.forms {
			t.Errorf("%s: %d forms, want %d", name, len(p.Forms), c.forms)
			continue
		}
		if c.forms == 1 && p.Forms[0].Scripted != c.scripted {
			t.Errorf("%s: scripted %v, want %v (%s, %s)", name, p.Forms[0].Scripted, c.scripted, p.Forms[0].Effect, p.Forms[0].Why)
		}
	}
}
