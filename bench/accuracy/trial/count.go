package trial

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// quiet drops what net/http says of broken connections.
var quiet = log.New(io.Discard, "", 0)

// Counter counts what a site was asked, by the place whose value was not one
// of the site's own.
type Counter struct {
	mu     sync.Mutex
	total  int
	timed  int
	ticks  int
	points map[string]int
	agent  string
	log    []string
	errs   []error
}

// Total is the number of requests; Timed are those whose value asks an
// interpreter to wait, which are in Total as well.
func (c *Counter) Total() (total, timed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total, c.timed
}

// Points are the requests by place ("query q", "header Referer", "path"); the
// plain ones are under "".
func (c *Counter) Points() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]int{}
	for k, v := range c.points {
		out[k] = v
	}
	return out
}

// Log is a line per request, for who looks for a miss.
func (c *Counter) Log() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// Err is the first failure of the bench itself behind the site.
func (c *Counter) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.errs) > 0 {
		return c.errs[0]
	}
	return nil
}

// Reset forgets what was counted.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total, c.timed, c.points, c.agent, c.log, c.errs = 0, 0, nil, "", nil, nil
}

func (c *Counter) tick() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ticks++
	return c.ticks
}

func (c *Counter) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

var waits = regexp.MustCompile(`(?i)sleep|waitfor|benchmark\(|randomblob|dbms_pipe|ping -[cn]|generate_series`)

// add notes one request.
func (c *Counter) add(s *Site, r *http.Request, body []byte) {
	strange := s.strangePoints(r, body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	if c.points == nil {
		c.points = map[string]int{}
	}
	ua := r.UserAgent()
	if c.agent == "" {
		c.agent = ua
	}
	if ua != c.agent {
		strange = append(strange, "header User-Agent")
	}
	if len(strange) == 0 {
		strange = []string{""}
	}
	for _, p := range strange {
		c.points[p]++
	}
	line := r.Method + " " + r.RequestURI
	if d, err := url.QueryUnescape(string(body)); err == nil && len(body) > 0 {
		line += " | " + d
	}
	for _, k := range strange {
		if h, ok := strings.CutPrefix(k, "header "); ok {
			line += " | " + h + ": " + r.Header.Get(h)
		} else if strings.HasPrefix(k, "cookie ") {
			line += " | Cookie: " + r.Header.Get("Cookie")
		}
	}
	if waits.MatchString(line) {
		c.timed++
	}
	if len(c.log) < 3000 {
		c.log = append(c.log, line)
	}
}

// strangePoints are the places of a request whose values no page of the site sends.
func (s *Site) strangePoints(r *http.Request, body []byte) []string {
	if s.Place == Whole {
		return nil
	}
	var out []string
	known := append([]string{s.handler.Sample}, s.handler.Others...)
	own := func(k, v string) bool {
		switch k {
		case s.decoy:
			return v == "1"
		case "csrf_token":
			return true
		case s.Param, s.Param + "[]":
			return slices.Contains(known, v) || s.Place == Double && slices.ContainsFunc(known, func(x string) bool { return url.QueryEscape(x) == v })
		}
		return s.Place == Name && slices.Contains(known, k) || slices.Contains(s.handler.MoreNames, k)
	}
	p := r.URL.EscapedPath()
	for _, v := range known {
		if s.Place == Path && p == s.HandlerPath+"/"+url.PathEscape(v) {
			p = s.HandlerPath
		}
	}
	if p != s.HandlerPath && p != "/" && p != "/guide" && p != s.resultPath() && p != "/robots.txt" && p != "/sitemap.xml" && p != "/favicon.ico" && !strings.HasPrefix(p, "/assets/") && s.handler.Pages[p] == nil {
		out = append(out, "path")
	}
	fields := r.URL.Query()
	where := "query "
	if len(body) > 0 {
		where = "body "
		var m map[string]any
		if form, err := url.ParseQuery(string(body)); json.Unmarshal(body, &m) == nil {
			fields = url.Values{}
			for k, v := range m {
				if t, _ := text(v); k != "rows" {
					fields.Set(k, t)
				}
			}
		} else if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && err == nil {
			fields = form
		} else if v, ok := s.read(requestWith(r, body)); !ok || !slices.Contains(known, v) {
			fields = url.Values{s.Param: {v}}
		} else {
			fields = nil
		}
	}
	for k, vs := range fields {
		for _, v := range vs {
			switch s.Place {
			case Base64, InnerURL:
				if got, ok := s.read(r); ok && slices.Contains(known, got) && (k == s.Param || k == s.Outer) {
					continue
				}
			}
			if !own(k, v) {
				out = append(out, where+k)
				break
			}
		}
	}
	for _, c := range strings.Split(r.Header.Get("Cookie"), ";") {
		k, v, ok := strings.Cut(strings.TrimSpace(c), "=")
		if !ok || k == sessionCookie {
			continue
		}
		if d, err := url.QueryUnescape(v); err == nil {
			v = d
		}
		if s.Place == CookieObj && k == s.Outer {
			if got, ok := s.fromObject(v); ok && slices.Contains(known, got) {
				continue
			}
		} else if slices.Contains(known, v) {
			continue
		}
		out = append(out, "cookie "+k)
	}
	for k, vs := range r.Header {
		v := vs[0]
		if k == "Referer" && strings.HasPrefix(v, s.Origin) || slices.Contains(known, v) {
			continue
		}
		if k == "Referer" || k == "Accept-Language" && s.Place == Header && s.Param == k || strings.HasPrefix(k, "X-") && !strings.HasPrefix(k, "X-Miseban") {
			out = append(out, "header "+k)
		}
	}
	if "http://"+r.Host != s.Origin {
		out = append(out, "header Host")
	}
	return out
}

func requestWith(r *http.Request, body []byte) *http.Request {
	c := r.Clone(r.Context())
	c.Body = io.NopCloser(strings.NewReader(string(body)))
	return c
}
