package crawl

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// fileKind says by the end of an address how a file is treated: pictures,
// fonts and films are never fetched, of downloads only the head.
var fileKind = map[string]what{
	".js": aFile, ".mjs": aFile, ".css": aFile,
	".zip": aDownload, ".pdf": aDownload, ".csv": aDownload, ".tsv": aDownload, ".xls": aDownload, ".xlsx": aDownload, ".doc": aDownload,
	".docx": aDownload, ".ppt": aDownload, ".pptx": aDownload, ".gz": aDownload, ".tgz": aDownload, ".tar": aDownload, ".bz2": aDownload, ".7z": aDownload,
	".rar": aDownload, ".lzh": aDownload, ".exe": aDownload, ".dmg": aDownload, ".apk": aDownload, ".sql": aDownload, ".bak": aDownload, ".iso": aDownload,
}

var pictures = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".webp": true, ".avif": true, ".svg": true, ".ico": true, ".bmp": true, ".tif": true, ".tiff": true,
	".woff": true, ".woff2": true, ".ttf": true, ".otf": true, ".eot": true,
	".mp4": true, ".webm": true, ".mov": true, ".avi": true, ".m4v": true, ".m3u8": true, ".ts": true, ".mp3": true, ".m4a": true, ".wav": true, ".ogg": true, ".swf": true,
	".map": true, ".wasm": true,
}

func extension(u *url.URL) string { return strings.ToLower(path.Ext(u.Path)) }

const maxDownloads = 10

// exportLike says that an address promises data in bulk whatever its ending:
// the answer may be customers' data, so its head is looked at first.
func exportLike(u *url.URL) bool { return bulk.MatchString(u.Path + "?" + u.RawQuery) }

var bulk = regexp.MustCompile(`(?i)(?:^|[/_.?=&-])(?:export|download|dl|csv|backup|dump)(?:$|[/_.?=&-])`)

// addFile queues a file of the shop.
func (c *crawl) addFile(it *item, w what) {
	it.what = w
	limit, n := c.cfg.MaxFiles, 0
	if w == aDownload {
		limit = maxDownloads
	}
	for _, q := range c.queue {
		if q.what == w {
			n++
		}
	}
	if n >= limit {
		it.settle(refused, whyFiles)
		c.apart = append(c.apart, it)
		return
	}
	it.files = n
	c.queue = append(c.queue, it)
}

// take adds everything that a page leads to.
func (c *crawl) take(p *page.Page, v *visit, ex *wire.Exchange) {
	own := map[string]bool{}
	for _, s := range p.Scripts {
		c.addScript(s.URL, v, ex)
		if s.URL != nil {
			own[s.URL.String()] = true
		}
	}
	for _, r := range p.Resources {
		switch r.Kind {
		case "style":
			c.addResource(r.URL, v, ex)
		case "iframe", "manifest", "prefetch", "object":
			if r.URL != nil && !pictures[extension(r.URL)] {
				c.add(found{url: r.URL, via: "resource"}, v, ex.ID)
			}
		case "image", "font", "media":
			if r.URL == nil || own[r.URL.String()] {
				continue
			}
			own[r.URL.String()] = true
			c.pictures++
			if r.Kind == "image" && extension(r.URL) == "" && c.scope.HasOrigin(r.URL) {
				c.addPicture(r.URL, v, ex)
			}
		}
	}
	for _, l := range p.Links {
		if l.URL != nil && l.Method != "" && l.Method != "GET" {
			c.acts(page.Canonical(l.URL))
		}
	}
	for _, src := range sourcesOf(p) {
		for _, m := range sending.FindAllStringSubmatch(src, 200) {
			if u, err := p.Base.Parse(m[1] + m[2]); err == nil {
				c.acts(page.Canonical(u))
			}
		}
	}
	for _, l := range p.Links {
		c.addLink(l, own, v, ex)
	}
	for _, src := range sourcesOf(p) {
		for _, raw := range remarks(src) {
			if u, err := p.Base.Parse(raw); err == nil {
				c.add(found{url: u, via: "comment"}, v, ex.ID)
			}
		}
	}
	for _, f := range p.Forms {
		c.addForm(f, v, ex)
	}
	c.sources(p)
	c.points.page(p, c.handler(v))
}

// sending finds the addresses that stand right behind a verb that sends:
// $.post("/x"), open("POST", "/x"). The reader of scripts knows these calls;
// this is the second net, for the scripts that it cannot parse.
var sending = regexp.MustCompile(`(?i)\.(?:post|put|patch|delete|del)(?:Form|JSON)?\(\s*["'\x60]([^"'\x60\s]{1,500})["'\x60]|["'](?:POST|PUT|PATCH|DELETE)["']\s*,\s*["'\x60]([^"'\x60\s]{1,500})["'\x60]`)

var (
	remarkLine = regexp.MustCompile(`(?m)^[ \t]*(?://|/\*|\*)(.{3,300})$`)
	remarkPath = regexp.MustCompile(`(?:^|[\s"'(=:])(/[A-Za-z][\w-]*(?:/[\w.-]+)*/?(?:\?[\w=&-]+)?)(?:$|[\s"'),;。、])`)
)

// remarks lists the paths that a script's comments mention, a few at most.
func remarks(src string) []string {
	var out []string
	for _, line := range remarkLine.FindAllStringSubmatch(src, 500) {
		for _, m := range remarkPath.FindAllStringSubmatch(line[1], 3) {
			if out = append(out, m[1]); len(out) == 10 {
				return out
			}
		}
	}
	return out
}

// sourcesOf are the scripts of an answer.
func sourcesOf(p *page.Page) []string {
	if !p.HTML() {
		if ct := p.Ex.Header.Get("Content-Type"); strings.Contains(ct, "javascript") || extension(p.URL) == ".js" || extension(p.URL) == ".mjs" {
			return []string{p.Text}
		}
		return nil
	}
	var out []string
	for _, s := range p.Scripts {
		if s.Content != "" {
			out = append(out, s.Content)
		}
	}
	return out
}

func (c *crawl) addLink(l *page.Link, own map[string]bool, v *visit, ex *wire.Exchange) {
	if l.URL == nil {
		return
	}
	if l.Route != "" {
		c.points.route(l, ex.ID)
	}
	if own[l.URL.String()] && fileKind[extension(l.URL)] == 0 || pictures[extension(l.URL)] {
		return
	}
	f := found{url: l.URL, via: l.From, text: l.Text, method: l.Method, rel: l.Rel, effect: l.Effect, why: l.Why, pattern: l.Pattern}
	if it := c.add(f, v, ex.ID); it != nil {
		c.points.address(it, f, ex.ID)
	}
}

// addScript queues a script of the shop; those of others are only recorded,
// unless they are asked for.
func (c *crawl) addScript(u *url.URL, v *visit, ex *wire.Exchange) {
	switch {
	case u == nil:
	case c.scope.HasOrigin(u):
		c.addResource(u, v, ex)
	case c.cfg.ThirdScripts && (u.Scheme == "http" || u.Scheme == "https"):
		if c.seen[u.String()] == nil {
			c.seq++
			it := &item{url: u, from: v.url, parent: ex.ID, via: "resource", effect: page.Reads, seq: c.seq}
			c.seen[u.String()] = it
			c.addFile(it, aThird)
		}
	}
}

// addResource queues a script or style sheet whatever its address looks like.
func (c *crawl) addResource(u *url.URL, v *visit, ex *wire.Exchange) {
	if u == nil || !c.scope.HasOrigin(u) {
		return
	}
	u = page.Canonical(u)
	if c.seen[u.String()] != nil || fileKind[extension(u)] != 0 {
		c.add(found{url: u, via: "resource", effect: page.Reads}, v, ex.ID)
		return
	}
	if err := c.scope.Allows("GET", u, wire.Passive); err != nil && c.scope.Level != wire.Offline {
		return
	}
	c.seq++
	it := &item{url: u, from: v.url, parent: ex.ID, visit: v, via: "resource", effect: page.Reads, seq: c.seq}
	c.seen[u.String()] = it
	c.addFile(it, aFile)
}

// addPicture queues what a page shows as a picture although its address does
// not say so, for a look at the head: now and then it is a page.
func (c *crawl) addPicture(u *url.URL, v *visit, ex *wire.Exchange) {
	f := found{url: u, via: "picture"}
	if effect, _ := page.ClassifyLink(&page.Link{URL: u, Raw: u.String(), From: f.via}); effect != page.Reads {
		c.add(f, v, ex.ID)
		return
	}
	segs, q := place(u)
	shape := "picture\x00" + strings.Join(segs, "/") + "?" + q
	u = page.Canonical(u)
	if c.noted[shape] || c.seen[u.String()] != nil || c.scope.Allows("GET", u, wire.Passive) != nil {
		return
	}
	c.noted[shape] = true
	c.seq++
	it := &item{url: u, from: v.url, parent: ex.ID, visit: v, via: f.via, effect: page.Reads, seq: c.seq}
	c.seen["head "+u.String()] = it
	c.addFile(it, aDownload)
}

// handler names what answers at v, for insertion points.
func (c *crawl) handler(v *visit) string {
	if v != nil && v.group != nil {
		return v.group.handler
	}
	if v != nil && v.url != nil {
		return v.url.EscapedPath()
	}
	return ""
}
