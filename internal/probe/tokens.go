package probe

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// tokens keeps the anti-CSRF fields of forms fresh: from each answer that shows
// the form again, and by asking for its page where a token is good only once.
type tokens struct {
	mu sync.Mutex
	m  map[string]*token
}

type token struct {
	mu     sync.Mutex
	values map[string]string
	once   bool // each sending uses it up
	spent  bool
}

func (t *Target) hasToken() bool {
	for _, f := range t.fields {
		if f.token {
			return true
		}
	}
	return false
}

func (w *tokens) of(t *Target) *token {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.m == nil {
		w.m = map[string]*token{}
	}
	k := t.Jar + " " + t.Method + " " + t.URL.String()
	if t.Page != nil {
		k += " " + t.Page.URL.String()
	}
	if w.m[k] == nil {
		w.m[k] = &token{}
	}
	return w.m[k]
}

// ready writes fresh tokens into t's fields. done must be called with the
// answer, or nil; until then no other value goes to the same form.
func (w *tokens) ready(ctx context.Context, p *check.Pass, t *Target) (done func(*page.Page), err error) {
	if !t.hasToken() || t.Page == nil {
		return func(*page.Page) {}, nil
	}
	k := w.of(t)
	k.mu.Lock()
	if k.values == nil || k.once && k.spent {
		pg, err := t.again(ctx, p, &wire.Request{URL: t.Page.Ex.URL, Jar: t.Jar, Origin: wire.Origin{Why: "a fresh anti-CSRF token"}})
		if err != nil {
			k.mu.Unlock()
			return nil, err
		}
		k.read(pg, t)
		if k.values == nil {
			k.values = map[string]string{}
		}
		k.spent = false
	}
	for i := range t.fields {
		if v, ok := k.values[t.fields[i].name]; ok && t.fields[i].token {
			t.fields[i].value = v
		}
	}
	return func(pg *page.Page) {
		k.spent = true
		if pg != nil && k.read(pg, t) {
			k.spent = false
		}
		k.mu.Unlock()
	}, nil
}

// read takes the tokens from the form of t, if pg shows it.
func (k *token) read(pg *page.Page, t *Target) bool {
	for _, f := range pg.Forms {
		if f.Action == nil || f.Action.Path != t.URL.Path || f.Method != t.Method {
			continue
		}
		got := map[string]string{}
		for _, d := range f.Fields {
			if d.Means == page.MeansToken && d.Value != "" {
				got[d.Name] = d.Value
			}
		}
		if len(got) > 0 {
			k.values = got
			return true
		}
	}
	return false
}

// singleUse notes that the form's token is good for one sending only.
func (t *Target) singleUse() {
	k := t.work.tokens.of(t)
	k.mu.Lock()
	k.once, k.spent = true, true
	k.mu.Unlock()
}

// renewed asks, and once more with a fresh token where the answer may have been
// refused because the token was used up.
func (t *Target) renewed(b *Baseline, ask func() (*Answer, error)) (*Answer, error) {
	a, err := ask()
	if err != nil || !t.hasToken() || a.Ex.Status < 400 || a.Ex.Status == b.Status || t.spends() {
		return a, err
	}
	t.singleUse()
	again, err := ask()
	if err == nil && again.Ex.Status == a.Ex.Status { // it was not the token
		k := t.work.tokens.of(t)
		k.mu.Lock()
		k.once = false
		k.mu.Unlock()
	}
	return again, err
}

var tokenName = regexp.MustCompile(`(?i)csrf|xsrf|^_?token$|authenticity_token|transactionid|__viewstate|__eventvalidation|^nonce$|_wpnonce|^_method$`)

func isToken(name string) bool { return tokenName.MatchString(name) }

// looksToken: a long random value of a parameter whose name says nothing else.
func looksToken(name, v string) bool {
	if !page.LooksRandom(v) || worded(v) {
		return false
	}
	for _, o := range cores(v, 3) {
		if o.value != v {
			return false
		}
	}
	return true
}

var (
	joints   = regexp.MustCompile(`[-_./:?&=%~+]+`)
	wordPart = regexp.MustCompile(`^(?:[A-Za-z]{1,20}[0-9]{0,4}|[0-9]{1,4}[A-Za-z]{1,2}|[0-9]{1,8})$`)
)

// worded says that a long value is an address, or words and numbers that
// somebody joined: the name of a file, a path, a code of an article. Nobody
// draws those at random.
func worded(v string) bool {
	if u, err := url.Parse(v); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return true
	}
	parts := joints.Split(strings.Trim(v, "/.~"), -1)
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(s string) bool { return !wordPart.MatchString(s) })
}
