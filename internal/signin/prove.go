package signin

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// Proof is what shows that somebody is signed in: an address that answers
// strangers otherwise, and texts that strangers never read.
type Proof struct {
	URL    string   `json:"url,omitempty"`
	Marks  []string `json:"marks,omitempty"`
	Closed bool     `json:"closed,omitempty"` // strangers are turned away there
}

// shownBy says that pg can only have been made for somebody signed in.
func (p *Proof) shownBy(m *wire.Masker, pg *page.Page) bool {
	if pg.Ex.Status != http.StatusOK || pg.Challenge != "" {
		return false
	}
	return slices.ContainsFunc(p.Marks, func(mark string) bool {
		return strings.Contains(pg.Text, mark) || strings.Contains(pg.Text, m.Text(mark))
	})
}

// holds says that the answer of the proof's address is the member's.
func (p *Proof) holds(m *wire.Masker, pg *page.Page) bool {
	if pg.Ex.Status != http.StatusOK || pg.Challenge != "" || turnsAway(pg) {
		return false
	}
	return len(p.Marks) == 0 || p.shownBy(m, pg)
}

// prove asks the proof's address.
func (s *Session) prove(ctx context.Context) (bool, error) {
	u := parsed(s.out.Proof.URL)
	ex, err := s.send(ctx, &wire.Request{Method: http.MethodGet, URL: u, Again: true, Origin: wire.Origin{Check: "sign-in", Why: "is the account still signed in"}})
	if err != nil {
		return false, err
	}
	s.cost.Proofs++
	return s.out.Proof.holds(s.mask(), page.Parse(ex)), nil
}

var (
	memberPath = regexp.MustCompile(`(?i)/(?:my-?_?page|my-?account|account|member|mypage|customer|user|profile|me|whoami|current|dashboard)(?:s|_info|info)?(?:/|\.|$)`)
	memberText = regexp.MustCompile(`(?i)マイページ|会員(ページ|情報|メニュー)|アカウント|購入履歴|注文履歴|my ?(page|account)|account|profile|dashboard`)
	notMember  = regexp.MustCompile(`(?i)log-?_?in|sign-?_?in|log-?_?out|sign-?_?out|regist|entry|sign-?_?up|forgot|reset|withdraw|leave|delete|help|faq|guide|terms|agreement|activat`)
	signOut    = regexp.MustCompile(`(?i)ログアウト|サインアウト|log ?out|log ?off|sign ?out`)

	signOutPath = regexp.MustCompile(`(?i)(?:^|[/_=.-])(?:log-?_?out|log-?_?off|sign-?_?out)(?:$|[/_.&?-])`)
)

// maxCandidates bounds the addresses at which a proof is looked for.
const maxCandidates = 5

// learnProof compares what the account and a stranger get: first where the
// owner says so, then where the sign-in ended, then where members' pages are.
func (s *Session) learnProof(ctx context.Context, landing *page.Page) (*Proof, error) {
	tried := map[string]bool{}
	for _, u := range s.candidates(landing) {
		if len(tried) >= maxCandidates {
			break
		}
		if tried[u.String()] || !s.cfg.Client.Scope().HasOrigin(u) {
			continue
		}
		tried[u.String()] = true
		mine, err := s.askLive(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: wire.Origin{Why: "what the account sees"}})
		if err != nil {
			if over(ctx, err) {
				return nil, err
			}
			continue
		}
		member := page.Parse(mine)
		if mine.Status != http.StatusOK || member.Challenge != "" || turnsAway(member) {
			continue
		}
		ex, err := s.cfg.Client.Do(ctx, &wire.Request{Method: http.MethodGet, URL: u, Level: wire.Active, Fresh: true, Origin: wire.Origin{Check: "sign-in", Why: "what a stranger sees"}})
		if err != nil {
			if over(ctx, err) {
				return nil, err
			}
			continue
		}
		p := &Proof{URL: u.String(), Closed: closedTo(ex)}
		p.Marks = s.marks(member, page.Parse(ex))
		if s.account.SignedIn != "" && !slices.Contains(p.Marks, s.account.SignedIn) {
			continue
		}
		if p.Closed || len(p.Marks) > 0 {
			return p, nil
		}
	}
	return nil, nil
}

// candidates are addresses where members see something of their own.
func (s *Session) candidates(landing *page.Page) []*url.URL {
	var out []*url.URL
	add := func(u *url.URL) {
		if u == nil || notMember.MatchString(u.Path) {
			return
		}
		if effect, _ := page.ClassifyLink(&page.Link{URL: u, Raw: u.String(), From: "a"}); effect == page.Reads {
			out = append(out, u)
		}
	}
	if u := parsed(s.account.ProveURL); u != nil {
		out = append(out, s.cfg.Start.ResolveReference(u))
	}
	if landing != nil && landing.Ex.Method == http.MethodGet && !turnsAway(landing) {
		add(landing.URL)
	}
	promising := func(pg *page.Page) {
		for _, l := range pg.Links {
			if l.URL != nil && !l.Pattern && (l.Method == "" || l.Method == http.MethodGet) && l.Effect != page.Writes && (memberPath.MatchString(l.URL.Path) || memberText.MatchString(l.Text)) {
				add(l.URL)
			}
		}
	}
	if landing != nil {
		promising(landing)
	}
	for _, pg := range s.cfg.Pages {
		if pg.Kind == page.MyPage {
			add(pg.URL)
		}
	}
	for _, u := range s.cfg.Known {
		if memberPath.MatchString(u.Path) {
			add(u)
		}
	}
	for _, pg := range s.cfg.Pages {
		if len(out) > 40 {
			break
		}
		promising(pg)
	}
	// Short addresses first: /mypage/ before /mypage/history/12.
	head := 0
	if s.account.ProveURL != "" {
		head = 1
	}
	if landing != nil && head < len(out) && out[head] == landing.URL {
		head++
	}
	slices.SortStableFunc(out[head:], func(a, b *url.URL) int { return len(a.String()) - len(b.String()) })
	return append(out, s.cfg.Start)
}

// closedTo says that a stranger was turned away.
func closedTo(ex *wire.Exchange) bool {
	switch {
	case ex.Status == http.StatusUnauthorized, ex.Status == http.StatusForbidden, ex.Status == http.StatusNotFound, ex.Status >= 300 && ex.Status < 400:
		return true
	}
	return turnsAway(page.Parse(ex))
}

// turnsAway says that pg asks to sign in instead of showing something.
func turnsAway(pg *page.Page) bool {
	return pg.Ex.Status == http.StatusUnauthorized || pg.Ex.Status >= 300 && pg.Ex.Status < 400 || pg.Kind == page.Login && loginForm(pg) != nil || firstStep(pg) != nil
}

// marks are texts of the member's page that neither the stranger's nor any
// page of the crawl holds: the way to sign out, and the account's own name.
func (s *Session) marks(member, stranger *page.Page) []string {
	var list []string
	if s.account.SignedIn != "" {
		list = append(list, s.account.SignedIn)
	}
	for _, l := range member.Links {
		if signOut.MatchString(l.Text) || signOutPath.MatchString(l.Raw) {
			list = append(list, l.Raw, strings.TrimSpace(l.Text))
		}
	}
	for _, f := range member.Forms {
		if f.Purpose == page.ForLogout {
			list = append(list, f.Raw)
		}
	}
	list = append(list, s.account.User)
	var out []string
	for _, m := range list {
		if len(m) < 6 || slices.Contains(out, m) || !strings.Contains(member.Text, m) || strings.Contains(stranger.Text, m) {
			continue
		}
		if m != s.account.SignedIn && slices.ContainsFunc(s.cfg.Pages, func(pg *page.Page) bool { return strings.Contains(pg.Text, m) }) {
			continue
		}
		out = append(out, m)
	}
	return out
}
