package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var (
	doctype     = regexp.MustCompile(`(?s)<!DOCTYPE\s+[\w:.-]+\s*(?:SYSTEM\s+(?:"([^"]*)"|'([^']*)')\s*|PUBLIC\s+(?:"[^"]*"|'[^']*')\s+(?:"([^"]*)"|'([^']*)')\s*)?(?:\[(.*?)\]\s*)?>`)
	entity      = regexp.MustCompile(`(?s)<!ENTITY\s+(%\s+)?([\w.-]+)\s+(?:(SYSTEM|PUBLIC)\s+(?:"[^"]*"\s+|'[^']*'\s+)?)?(?:"([^"]*)"|'([^']*)')\s*>`)
	reference   = regexp.MustCompile(`&([A-Za-z_][\w.-]*);`)
	percentCall = regexp.MustCompile(`%([A-Za-z_][\w.-]*);`)
)

// Expand takes the document type out of an XML document and puts in its
// entities, as parsers did that were not told otherwise: its own, and those of
// files below tree and of addresses on loopback.
func Expand(ctx context.Context, tree *Tree, doc string) (string, error) {
	m := doctype.FindStringSubmatch(doc)
	if m == nil {
		if strings.Contains(doc, "<!DOCTYPE") {
			return "", errors.New("malformed document type")
		}
		return doc, nil
	}
	if system := m[1] + m[2] + m[3] + m[4]; system != "" {
		// An external subset is asked for; what it says is not read.
		_, _ = resolve(ctx, tree, system)
	}
	values := map[string]string{}
	subset := m[5]
	for range 3 { // parameter entities may bring further declarations
		for _, e := range entity.FindAllStringSubmatch(subset, 20) {
			v := e[4] + e[5]
			key := e[2]
			if e[1] != "" {
				key = "%" + key
			}
			if _, known := values[key]; known {
				continue
			}
			if e[3] != "" {
				if e[1] == "" && !strings.Contains(doc, "&"+e[2]+";") {
					continue
				}
				got, err := resolve(ctx, tree, v)
				if err != nil {
					return "", fmt.Errorf("failed to load external entity %q: %w", v, err)
				}
				v = got
			}
			values[key] = v
		}
		grown := percentCall.ReplaceAllStringFunc(subset, func(s string) string { return values["%"+s[1:len(s)-1]] })
		if grown == subset {
			break
		}
		subset = grown
	}
	doc = strings.Replace(doc, m[0], "", 1)
	for range 4 {
		var failed error
		next := reference.ReplaceAllStringFunc(doc, func(s string) string {
			switch n := s[1 : len(s)-1]; n {
			case "lt", "gt", "amp", "quot", "apos":
				return s
			default:
				v, ok := values[n]
				if !ok {
					failed = fmt.Errorf("entity %q not defined", n)
				}
				return v
			}
		})
		if failed != nil {
			return "", failed
		}
		if len(next) > 1<<16 {
			return "", errors.New("entity expansion is too large")
		}
		if next == doc {
			break
		}
		doc = next
	}
	return doc, nil
}

func resolve(ctx context.Context, tree *Tree, system string) (string, error) {
	u, err := url.Parse(system)
	if err != nil {
		return "", err
	}
	switch u.Scheme {
	case "file", "":
		t, err := tree.Read(u.Path)
		return strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(t), err
	case "http", "https":
		f, err := Fetch(ctx, system)
		if err != nil {
			return "", err
		}
		return f.Body, nil
	}
	return "", fmt.Errorf("unknown scheme %q", u.Scheme)
}

// Fetched is what a program got from an address.
type Fetched struct {
	Status int
	Type   string
	Body   string
}

// errOutside keeps the programs of the cases on loopback.
var errOutside = errors.New("no route to host")

var fetcher = &http.Client{
	Timeout: 3 * time.Second,
	Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			if host == "localhost" {
				host = "127.0.0.1"
			}
			if ip := net.ParseIP(host); ip == nil || ip.To4() == nil || !ip.IsLoopback() {
				return nil, errOutside
			}
			return (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp4", net.JoinHostPort(host, port))
		},
	},
}

// Fetch gets an address as a program of a shop would, on loopback only.
func Fetch(ctx context.Context, address string) (*Fetched, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "shop-fetch/1.0")
	res, err := fetcher.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	return &Fetched{res.StatusCode, res.Header.Get("Content-Type"), string(b)}, err
}
