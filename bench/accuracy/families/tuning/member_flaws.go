package tuning

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"miseban/bench/accuracy/trial"
)

// enter signs person i in and gives her cookies.
func (c *club) enter(ctx context.Context, i int) (map[string]string, error) {
	jar := map[string]string{}
	if _, err := c.b.Do(ctx, c.login, nil, jar); err != nil {
		return nil, err
	}
	_, err := c.b.Do(ctx, c.login, url.Values{"email": {c.people[i].user}, "password": {c.people[i].password}}, jar)
	return jar, err
}

// wrong tries a wrong password for user.
func (c *club) wrong(ctx context.Context, user string) (*trial.Seen, error) {
	return c.b.Do(ctx, c.login, url.Values{"email": {user}, "password": {"falsch-1"}}, map[string]string{})
}

// clubs are the weaknesses of shops with members, each with its exploit.
var clubs = []struct {
	class, about string
	accept       []string
	exploit      func(ctx context.Context, c *club) (bool, error)
}{
	{"idor", "an order is shown to any member who asks for its number", []string{"order-page-idor"}, func(ctx context.Context, c *club) (bool, error) {
		jar, err := c.enter(ctx, 0)
		if err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.orderURL(c.people[1].orders[0]), nil, jar)
		return err == nil && strings.Contains(seen.Body, c.people[1].address), err
	}},
	{"forced-browsing", "an order is shown to who is not signed in", []string{"idor", "order-page-idor"}, func(ctx context.Context, c *club) (bool, error) {
		seen, err := c.b.Do(ctx, c.orderURL(c.people[0].orders[0]), nil, map[string]string{})
		return err == nil && strings.Contains(seen.Body, c.people[0].address), err
	}},
	{"session-renewed", "the session's id stays what it was before the sign-in", nil, func(ctx context.Context, c *club) (bool, error) {
		jar := map[string]string{}
		if _, err := c.b.Do(ctx, c.login, nil, jar); err != nil {
			return false, err
		}
		planted := jar[c.cookie]
		if _, err := c.b.Do(ctx, c.login, url.Values{"email": {c.people[0].user}, "password": {c.people[0].password}}, jar); err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.mypage, nil, map[string]string{c.cookie: planted})
		return err == nil && strings.Contains(seen.Body, c.people[0].name), err
	}},
	{"logout-invalidates", "a session goes on after its owner signed out", nil, func(ctx context.Context, c *club) (bool, error) {
		jar, err := c.enter(ctx, 0)
		if err != nil {
			return false, err
		}
		old := jar[c.cookie]
		if _, err := c.b.Do(ctx, c.logout, nil, jar); err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.mypage, nil, map[string]string{c.cookie: old})
		return err == nil && strings.Contains(seen.Body, c.people[0].name), err
	}},
	{"user-enumeration", "a failed sign-in tells whether the member exists", nil, func(ctx context.Context, c *club) (bool, error) {
		a, err := c.wrong(ctx, c.people[0].user)
		if err != nil {
			return false, err
		}
		b, err := c.wrong(ctx, "nobody@example.jp")
		said := func(s *trial.Seen) string {
			_, rest, _ := strings.Cut(s.Body, `class="error">`)
			rest, _, _ = strings.Cut(rest, "</p>")
			rest, _, _ = strings.Cut(rest, " (")
			_, after, ok := strings.Cut(rest, ": ")
			if ok {
				rest = after
			}
			return fmt.Sprint(s.Status) + rest
		}
		return err == nil && said(a) != said(b), err
	}},
	{"lockout", "passwords may be tried without end", nil, func(ctx context.Context, c *club) (bool, error) {
		user := c.people[2].user // nobody's test account
		var first, last *trial.Seen
		for i := range 8 {
			seen, err := c.wrong(ctx, user)
			if err != nil {
				return false, err
			}
			if i == 0 {
				first = seen
			}
			last = seen
		}
		cut := func(s *trial.Seen) string {
			_, rest, _ := strings.Cut(s.Body, `class="error">`)
			rest, _, _ = strings.Cut(rest, "</p>")
			return fmt.Sprint(s.Status) + rest
		}
		return cut(first) == cut(last), nil
	}},
	{"role-tampering", "role=admin in an address opens what members may not see", nil, func(ctx context.Context, c *club) (bool, error) {
		jar, err := c.enter(ctx, 0)
		if err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.mypage+"/menu?role=admin", nil, jar)
		return err == nil && strings.Contains(seen.Body, c.people[2].address), err
	}},
	{"password-policy", "new passwords cannot have eight characters", nil, func(ctx context.Context, c *club) (bool, error) {
		seen, err := c.b.Do(ctx, "/entry", nil, map[string]string{})
		return err == nil && !strings.Contains(seen.Body, `maxlength="72"`), err
	}},
	{"csrf-token", "the form that changes a member's data has no token, and the cookie no SameSite", []string{"csrf-verified"}, func(ctx context.Context, c *club) (bool, error) {
		jar := map[string]string{}
		signed, err := c.b.Do(ctx, c.login, url.Values{"email": {c.people[0].user}, "password": {c.people[0].password}}, jar)
		if err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.profile, nil, jar)
		if err != nil {
			return false, err
		}
		_, form, _ := strings.Cut(seen.Body, "<form")
		return !strings.Contains(form, `type="hidden"`) && !strings.Contains(strings.Join(signed.Header.Values("Set-Cookie"), ";"), "SameSite"), nil
	}},
}

var memberFamilies = func() []*trial.Family {
	var out []*trial.Family
	for _, k := range clubs {
		out = append(out, &trial.Family{Name: "club-" + k.class, Class: k.class, About: k.about, Accept: k.accept, Places: []trial.Place{trial.Whole}, Grades: []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.Storm}, Make: func(b *trial.Build) (*trial.Handler, error) {
			c := newClub(b, k.class)
			h := c.handler()
			h.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) { return k.exploit(ctx, c) }
			return h, nil
		}})
	}
	return append(out, originFamily)
}()
