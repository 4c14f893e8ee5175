package tuning

import (
	"context"
	"net/http"

	"miseban/bench/accuracy/trial"
)

// originFamily answers scripts of other origins.
var originFamily = &trial.Family{Name: "cors-reflected", Class: "cors-credentials", About: "any Origin is let in with credentials", Accept: []string{"cors-null"}, Places: []trial.Place{trial.Whole}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.WAF}, Make: func(b *trial.Build) (*trial.Handler, error) {
	lure := b.Rand.IntN(5)
	suffix := b.Rand.IntN(2) == 0
	path := b.Pick("/api/me", "/mypage/data", "/cart/state")
	h := &trial.Handler{Sample: "-", Index: `<p><a href="` + path + `">お客様の状態</a></p>`, Answer: func(context.Context, *trial.Ask) (*trial.Answer, error) { return nil, nil }}
	h.Rest = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		if a.Request.URL.Path != path {
			return nil, nil
		}
		ans := trial.Text("<h1>状態</h1><p>ログインしていません。</p>")
		origin := a.Request.Header.Get("Origin")
		if origin == "" {
			return ans, nil
		}
		allow := func(o string, credentials bool) {
			ans.Header = http.Header{"Access-Control-Allow-Origin": {o}, "Vary": {"Origin"}}
			if credentials {
				ans.Header.Set("Access-Control-Allow-Credentials", "true")
			}
		}
		own := origin == b.Origin
		switch {
		case b.Vulnerable && suffix && !own: // all but null
			if origin != "null" {
				allow(oneLine(origin), true)
			}
		case b.Vulnerable, own:
			allow(oneLine(origin), true)
		case lure == 0:
			allow("*", false)
		case lure == 1:
			allow(b.Origin, true)
		case lure == 2:
			allow(oneLine(origin), false) // without credentials: public data
		case lure == 3:
			allow("*", true) // browsers refuse the pair
		}
		return ans, nil
	}
	h.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) {
		seen, err := b.VisitFrom(ctx, path, "https://evil.example")
		return err == nil && seen.Header.Get("Access-Control-Allow-Origin") == "https://evil.example" && seen.Header.Get("Access-Control-Allow-Credentials") == "true", err
	}
	return h, nil
}}
