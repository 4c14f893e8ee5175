package exposure

import (
	"cmp"
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DirectoryListing asks whether folders show the list of their files
// (ウェブ健康診断 E). The folders are those of what the crawl saw.
var DirectoryListing = &check.Check{
	Name: "directory-listing", Level: wire.Safe, Severity: check.Medium, CWE: 548,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		if r.elsewhere(p) {
			return nil
		}
		var finds []find
		for _, pg := range p.Site.Pages {
			if !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			if strings.HasSuffix(pg.URL.Path, "/") {
				p.ExaminedPage(pg)
			}
			if what := provesListing(pg); what != nil {
				finds = append(finds, find{pg, what})
			}
		}
		more, err := look(ctx, p, r, folders(p, r), 64<<10, provesListing)
		for _, x := range more {
			if !slices.ContainsFunc(finds, func(o find) bool { return o.page.URL.String() == x.page.URL.String() }) {
				finds = append(finds, x)
			}
		}
		slices.SortStableFunc(finds, func(a, b find) int { return cmp.Compare(where(a.page.URL), where(b.page.URL)) })
		report(p, topmost(finds))
		return err
	},
}

// topmost leaves out what lies below a folder that is reported anyway: one
// setting opens both. A folder that shows what must not be seen stays.
func topmost(finds []find) []find {
	var out []find
	for _, x := range finds {
		below := slices.ContainsFunc(out, func(o find) bool {
			return o.what.host == x.what.host && strings.HasPrefix(x.page.URL.Path, o.page.URL.Path)
		})
		if !below || x.what.Case == "sensitive" {
			out = append(out, x)
		}
	}
	return out
}

// mostFolders bounds the folders that are asked for.
const mostFolders = 14

// folders are those in which the crawl saw files, those with the most files
// first, and then those above them.
func folders(p *check.Pass, r *running) []string {
	files := map[string]map[string]bool{}
	note := func(host, target string) {
		if host != r.root.Host || target == "" {
			return
		}
		name := target
		for dir := path.Dir(target); dir != "/" && dir != "."; dir = path.Dir(dir) {
			if files[dir+"/"] == nil {
				files[dir+"/"] = map[string]bool{}
			}
			files[dir+"/"][name] = true
			name = dir
		}
	}
	for _, pg := range p.Site.Pages {
		for _, u := range assets(pg) {
			note(u.Host, u.Path)
		}
		if path.Ext(pg.URL.Path) != "" {
			note(pg.URL.Host, pg.URL.Path)
		}
	}
	var out []string
	for dir := range files {
		if dir != "/" {
			out = append(out, dir)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(files[b]), len(files[a])), cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), strings.Compare(a, b))
	})
	out = out[:min(len(out), mostFolders)]
	for _, extra := range r.paths(candidate{path: "wp-content/uploads/", of: wordpress}, candidate{path: "upload/save_image/", of: eccube2}, candidate{path: "html/upload/save_image/", of: eccube3 | eccube4}) {
		if !slices.Contains(out, extra) && (r.known || len(out) == 0) {
			out = append(out, extra)
		}
	}
	return out
}

var (
	listTitle  = regexp.MustCompile(`(?i)<title>\s*(?:Index of|Directory listing for|Directory Listing For|Directory:?)\s*\[?(/[^<]*?)\]?\s*</title>|<title>[^<]* - (/[^<]*)</title>\s*</head>\s*<body>\s*<H1>`)
	listParent = regexp.MustCompile(`(?i)<a href="(?:\.\./?|/[^"]*)">\s*(?:<img[^>]*>\s*)?(?:\.\./?|Parent Directory|\[To Parent Directory\]|上位ディレクトリ|親ディレクトリ|Up to .{0,80})\s*(?:</tt>)?</a>|\?C=[NMSD](?:;|&amp;)O=[AD]"`)
	listHead   = regexp.MustCompile(`(?i)<h[12]>\s*(?:Index of|Directory listing for|Directory Listing For|Directory:?)\s`)
	sensitive  = regexp.MustCompile(`(?i)\.(?:sql|zip|gz|tgz|tar|bak|old|csv|log|xlsx?|env|key|pem)$|(?:backup|dump|customer|kokyaku|juchu|受注|顧客|会員)[^.]*/?$`)
)

// list is what a listing shows.
type list struct {
	names []string
}

// listing reads a server's list of a folder: its title, its heading or way up,
// and links to files. An article that begins with "Index of" has no such links.
func listing(pg *page.Page) *list {
	text := shown(pg)
	if text == "" || !strings.HasSuffix(pg.URL.Path, "/") {
		return nil
	}
	head := text[:min(len(text), 32<<10)]
	if !listTitle.MatchString(head) && !listHead.MatchString(head) && !strings.Contains(head, "[To Parent Directory]") || !listParent.MatchString(head) {
		return nil
	}
	l := &list{}
	for _, k := range pg.Links {
		if k.URL == nil || k.From != "a" || k.URL.Host != pg.URL.Host || !strings.HasPrefix(k.URL.Path, pg.URL.Path) || k.URL.Path == pg.URL.Path {
			continue
		}
		name := strings.TrimPrefix(k.URL.Path, pg.URL.Path)
		if !strings.Contains(strings.TrimSuffix(name, "/"), "/") {
			l.names = append(l.names, name)
		}
	}
	return l
}

func provesListing(pg *page.Page) *proof {
	l := listing(pg)
	if l == nil {
		return nil
	}
	x := &proof{Args: i18n.Args{"n": itoa(len(l.names)), "names": clip(joinNames(l.names, 5), 200)}, Excerpt: clip(joinNames(l.names, 8), 300)}
	if i := slices.IndexFunc(l.names, sensitive.MatchString); i >= 0 {
		x.Case, x.Severity, x.Args["names"] = "sensitive", check.High, clip(l.names[i], 80)
	}
	return x
}

func joinNames(names []string, n int) string {
	s := strings.Join(names[:min(len(names), n)], ", ")
	if len(names) > n {
		s += ", …"
	}
	return s
}
