package trial

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Send sends value as a visitor would, over every step, and gives the last answer.
func (s *Site) Send(ctx context.Context, value string) (*Seen, error) {
	jar := map[string]string{}
	fields := url.Values{}
	if s.Grade == Token && s.takesToken() {
		seen, err := s.roundTrip(ctx, mustRequest(s.Origin+"/"), jar)
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(seen.Body, `name="csrf_token" value="`)
		token, _, _ := strings.Cut(rest, `"`)
		fields.Set("csrf_token", token)
	}
	r, err := s.request(value, fields)
	if err != nil {
		return nil, err
	}
	seen, err := s.roundTrip(ctx, r, jar)
	if err == nil && seen.Status == http.StatusSeeOther && s.Grade == Step {
		return s.roundTrip(ctx, mustRequest(s.Origin+s.resultPath()), jar)
	}
	return seen, err
}

func mustRequest(u string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, u, nil)
	if err != nil {
		panic(err)
	}
	return r
}

// visitor keeps redirects and connections apart from each other.
var visitor = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: 2 * time.Second, DisableCompression: true},
	Timeout:       30 * time.Second,
}

func (s *Site) roundTrip(ctx context.Context, r *http.Request, jar map[string]string) (*Seen, error) {
	return s.trip(ctx, r, jar, false)
}

// trip sends a request with the cookies of jar. It keeps the session's of the
// answer there, or all.
func (s *Site) trip(ctx context.Context, r *http.Request, jar map[string]string, all bool) (*Seen, error) {
	for k, v := range jar {
		c := r.Header.Get("Cookie")
		if c != "" {
			c += "; "
		}
		r.Header.Set("Cookie", c+k+"="+v)
	}
	began := time.Now()
	res, err := visitor.Do(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(jar, c.Name)
		} else if c.Name == sessionCookie || all {
			jar[c.Name] = c.Value
		}
	}
	return &Seen{Status: res.StatusCode, Header: res.Header, Body: string(b), Took: time.Since(began), URL: r.URL.String()}, nil
}

// sessionCookie is the name that PHP gives it.
const sessionCookie = "PHPSESSID"

// takesToken says whether the place is a form that can carry a token.
func (s *Site) takesToken() bool {
	switch s.Place {
	case Query, Form, Multipart, List:
		return true
	}
	return false
}

func (s *Site) resultPath() string {
	return s.HandlerPath[:strings.LastIndex(s.HandlerPath, "/")] + "/items"
}
