package exposure

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"path"
	"strings"
	"sync"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// visits is what was asked for in this site, each address once, and how the
// shop answers for names that do not exist.
type visits struct {
	mu sync.Mutex
	m  map[string]*visit // what the crawl has
	// asked are the addresses that checks asked for. How much of the body is
	// wanted belongs to the name: which of two checks is first is luck, and what
	// is stored must not depend on it, or judging again would not find it.
	asked map[wanted]*visit
}

type wanted struct {
	url  string
	most int64
}

type visit struct {
	once sync.Once
	page *page.Page
	err  error
}

// soft404 holds the answers by which a find is told from the page that a shop
// gives for whatever is asked. A calibration is made when an answer looks like
// a find, for its folder and its kind of name; a shop that is in order is not
// asked for any.
var soft404 = &check.Fact[*visits]{Name: "exposure-soft404", Find: func(_ context.Context, p *check.Pass) (*visits, error) {
	v := &visits{m: map[string]*visit{}, asked: map[wanted]*visit{}}
	for _, pg := range p.Site.Pages {
		// A download of which the crawl took the head only has to be looked at again.
		if pg.Ex.Method != "GET" || len(pg.Ex.Body) == 0 && pg.Ex.Status == 200 || !p.Scope.HasOrigin(pg.URL) {
			continue
		}
		o := &visit{page: pg}
		o.once.Do(func() {})
		v.m[pg.URL.String()] = o
	}
	return v, nil
}}

// ask gives the answer at u: what the crawl has, what another check was told,
// or else what the shop says now. No more than most bytes of the body are read.
func (v *visits) ask(ctx context.Context, p *check.Pass, u *url.URL, most int64, why string) (*page.Page, error) {
	v.mu.Lock()
	o := v.m[u.String()]
	if o == nil {
		w := wanted{u.String(), most}
		if o = v.asked[w]; o == nil {
			o = &visit{}
			v.asked[w] = o
		}
	}
	v.mu.Unlock()
	o.once.Do(func() {
		o.page, o.err = p.Do(ctx, &wire.Request{Method: "GET", URL: u, MaxBody: most, Origin: wire.Origin{Why: why}})
	})
	return o.page, o.err
}

// stranger asks for a name that nobody has, of the same shape as u's: in the
// same folder, with the same ending, with a dot in front where u has one.
func (v *visits) stranger(ctx context.Context, p *check.Pass, u *url.URL, most int64) (*page.Page, error) {
	return v.ask(ctx, p, strangerOf(u), most, "soft 404 sample")
}

// strangerOf names the same address in every run, so that a stored run can be judged again.
func strangerOf(u *url.URL) *url.URL {
	dir, name := path.Split(strings.TrimSuffix(u.Path, "/"))
	slash := strings.HasSuffix(u.Path, "/") && u.Path != "/"
	dot := ""
	if strings.HasPrefix(name, ".") {
		dot, name = ".", name[1:]
	}
	_, ext, _ := strings.Cut(name, ".")
	if ext != "" {
		ext = "." + ext
	}
	if strings.HasSuffix(name, "~") && !strings.HasSuffix(ext, "~") {
		ext += "~"
	}
	sum := sha256.Sum256([]byte(u.Hostname() + "\x00" + dir + "\x00" + ext))
	letters := make([]byte, 11)
	for i := range letters {
		letters[i] = 'a' + sum[i]%26
	}
	s := *u
	s.RawPath, s.RawQuery = "", u.RawQuery
	s.Path = dir + dot + string(letters) + ext
	if slash {
		s.Path += "/"
	}
	return &s
}

// alike says that two answers are the same page, give or take what varies by
// itself: the time, a token, the address repeated in the text.
func alike(a, b *page.Page) bool {
	if a.Ex.Status != b.Ex.Status || a.HTML() != b.HTML() {
		return false
	}
	if a.HTML() {
		return a.Template == b.Template && a.Title == b.Title
	}
	x, y := a.Ex.Body, b.Ex.Body
	return bytes.Equal(x, y) || len(x) == 0 && len(y) == 0
}

// final says that err ends the check: nothing more may be asked, or nothing is stored.
func final(err error) bool {
	for _, e := range []error{wire.ErrStopped, wire.ErrBudget, wire.ErrWindow, wire.ErrNotStored, wire.ErrLevel, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
