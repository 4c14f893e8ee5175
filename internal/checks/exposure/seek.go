package exposure

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// candidate is a path at which something that should not be public is often found.
type candidate struct {
	path string   // below the folder of the software, without leading slash
	of   software // asked for only where this may run; 0: everywhere
	root bool     // asked for at the root of the host only
}

// proof is what the content of an answer shows. Severity Info stands for the
// check's own; Remark marks a find that is no fault.
type proof struct {
	Case, Excerpt string
	Args          i18n.Args
	Severity      check.Severity
	Remark        bool
	host          string // named in the report where it is not the shop's first
}

// proves looks at the content of an answer; nil: it is not what was looked for.
type proves func(*page.Page) *proof

// find is an answer with what it proves.
type find struct {
	page *page.Page
	what *proof
}

// seek is the Run of a check that asks for candidates and believes content only.
func seek(list func(*check.Pass, *running) []string, most int64, f proves) func(context.Context, *check.Pass) error {
	return func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		if r.elsewhere(p) {
			return nil
		}
		finds, err := look(ctx, p, r, list(p, r), most, f)
		report(p, finds)
		return err
	}
}

// seekEverywhere is seek for what must lie on no host of the scope.
func seekEverywhere(list func(*check.Pass, *running) []string, most int64, f proves) func(context.Context, *check.Pass) error {
	first := seek(list, most, f)
	return func(ctx context.Context, p *check.Pass) error {
		if err := first(ctx, p); err != nil {
			return err
		}
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil || r.asp != nil {
			return err
		}
		for _, u := range r.beside {
			other := &running{likely: r.likely, root: u, bases: []string{"/"}}
			finds, err := look(ctx, p, other, list(p, other), most, f)
			for _, x := range finds {
				x.what.host = u.Scheme + "://" + u.Host
			}
			report(p, finds)
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// fixed is a list of candidates that depends on the software alone.
func fixed(list ...candidate) func(*check.Pass, *running) []string {
	return func(_ *check.Pass, r *running) []string { return r.paths(list...) }
}

// paths are the candidates that may be there, at the root and in the folder of the software.
func (r *running) paths(list ...candidate) []string {
	var out []string
	for _, base := range r.bases {
		for _, c := range list {
			if r.has(c.of) && (base == "/" || !c.root) && !slices.Contains(out, base+c.path) {
				out = append(out, base+c.path)
			}
		}
	}
	return out
}

// look asks for the paths and returns the answers that prove something and
// that the shop does not give for any name.
func look(ctx context.Context, p *check.Pass, r *running, paths []string, most int64, f proves) ([]find, error) {
	v, err := check.Ask(ctx, p, soft404)
	if err != nil {
		return nil, err
	}
	var finds []find
	asked, failed, refused := 0, 0, 0
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return finds, err
		}
		pg, err := v.ask(ctx, p, r.at(path), most, "known path")
		if final(err) {
			return finds, err
		}
		asked++
		if err != nil {
			failed++
			continue
		}
		p.Examined(pg.Ex)
		switch pg.Ex.Status {
		case 403, 406, 429, 503:
			refused++
		}
		what := f(pg)
		if what == nil {
			continue
		}
		blank, err := v.stranger(ctx, p, pg.Ex.URL, most)
		if final(err) {
			return finds, err
		}
		if err != nil || alike(pg, blank) || f(blank) != nil {
			continue
		}
		finds = append(finds, find{pg, what})
	}
	switch {
	case failed > 0:
		p.Unsure("{n} 件のアドレスから応答が得られなかったため、公開されていないとは言い切れません。", i18n.Args{"n": fmt.Sprint(failed)})
	case refused == asked && asked > 2:
		if ok, err := check.Ask(ctx, p, welcome); err != nil || !ok {
			p.Unsure("途中からすべての応答が拒否されたため、公開されていないとは言い切れません。", nil)
		}
	}
	return finds, nil
}

// welcome asks the start page once more, when all that was asked for was
// refused: a shop that shut us out would seem to hide everything.
var welcome = &check.Fact[bool]{Name: "exposure-welcome", Find: func(ctx context.Context, p *check.Pass) (bool, error) {
	html := p.Site.HTML()
	if len(html) == 0 {
		return false, nil
	}
	pg, err := p.Do(ctx, &wire.Request{Method: "GET", URL: html[0].Ex.URL, Again: true, Origin: wire.Origin{Why: "is the shop still open to us"}})
	return err == nil && pg.Ex.Status == html[0].Ex.Status && pg.Challenge == "", err
}}

func report(p *check.Pass, finds []find) {
	for _, x := range finds {
		f := p.Report(x.page.Ex, x.what.host+where(x.page.Ex.URL), x.what.Args)
		f.Case, f.Excerpt = x.what.Case, x.what.Excerpt
		if x.what.Severity > check.Info {
			f.Severity = x.what.Severity
		}
		if x.what.Remark {
			f.Severity = check.Info
		}
	}
}

// where is the path of an address as the report names it.
func where(u *url.URL) string {
	s := u.EscapedPath()
	if s == "" {
		s = "/"
	}
	if u.RawQuery != "" {
		s += "?" + u.RawQuery
	}
	return s
}

var looksHTML = regexp.MustCompile(`(?i)<(?:!doctype html|html|head|body|div|title|script|meta)[\s>]`)

// plain is the body of an answer that is a file: status 200 and no HTML,
// whatever its Content-Type says. nil for anything else.
func plain(pg *page.Page) []byte {
	b := pg.Ex.Body
	if pg.Ex.Status != 200 && pg.Ex.Status != 206 || pg.Challenge != "" || len(b) == 0 || looksHTML.Match(b[:min(len(b), 4096)]) {
		return nil
	}
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
}

// jsonBody is plain for a file that holds a JSON object or list.
func jsonBody(pg *page.Page) string {
	b := bytes.TrimSpace(plain(pg))
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return ""
	}
	return string(b)
}

// shown is the text of an HTML page with status 200 that the shop itself gave.
func shown(pg *page.Page) string {
	if pg.Ex.Status != 200 || pg.Challenge != "" || !pg.HTML() {
		return ""
	}
	return pg.Text
}

var (
	mailLike = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`)
	ipLike   = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
	longRun  = regexp.MustCompile(`[0-9A-Za-z+=_-]{28,}|\d{6,}`)
)

// clip masks what may be a customer's or a secret and cuts s to n characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	s = mailLike.ReplaceAllString(s, "***@***")
	s = ipLike.ReplaceAllString(s, "*.*.*.*")
	s = longRun.ReplaceAllStringFunc(s, func(x string) string { return x[:2] + "***" })
	if r := []rune(s); len(r) > n {
		s = string(r[:n]) + "…"
	}
	return s
}
