package wire

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// jars are the cookie jars of a run: "" is the visitor's, the others belong to
// sessions of test accounts and to fresh sessions that probes begin.
type jars struct {
	mu sync.Mutex
	m  map[string]*cookiejar.Jar
}

func (j *jars) get(name string) *cookiejar.Jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.m == nil {
		j.m = map[string]*cookiejar.Jar{}
	}
	jar := j.m[name]
	if jar == nil {
		jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails: Options is fixed
		j.m[name] = jar
	}
	return jar
}

// DropJar forgets the cookies of a named jar, so that its next request begins a new session.
func (c *Client) DropJar(name string) {
	c.jars.mu.Lock()
	defer c.jars.mu.Unlock()
	delete(c.jars.m, name)
}

// JarCookies are what the named jar would send to u.
func (c *Client) JarCookies(name, u string) []*http.Cookie {
	p, err := parseURL(u)
	if err != nil {
		return nil
	}
	return c.jars.get(name).Cookies(p)
}

// SetJarCookies puts cookies into the named jar, for sessions that a browser
// began and for tests of what an older session may still do.
func (c *Client) SetJarCookies(name string, u *url.URL, cookies []*http.Cookie) {
	c.jars.get(name).SetCookies(u, cookies)
}
