package tuning

import (
	"context"
	"strings"
	"sync"

	"miseban/bench/accuracy/trial"
)

// storedFamilies keep what a visitor writes and show it on another page.
var storedFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range spots {
		switch spots[i].name {
		case "text", "attribute", "single-quoted", "link", "script-string", "script-end", "comment", "textarea", "handler", "once", "title":
			out = append(out, storedFamily(&spots[i]))
		}
	}
	return out
}()

func storedFamily(s *spot) *trial.Family {
	return &trial.Family{Name: "stored-" + s.name, Class: "xss-stored", About: "a review is shown on a page of its own: " + s.about, Accept: []string{"xss-reflected"}, Full: true, Places: []trial.Place{trial.Form, trial.Form, trial.Multipart}, Grades: []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.Token, trial.Slow}, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		good := s.good[b.Rand.IntN(len(s.good))]
		h := &trial.Handler{Sample: c[0].Name + " はおいしいです", Param: b.Pick("comment", "review", "body"), Type: "textarea", Button: "投稿する"}
		var mu sync.Mutex
		var kept []string
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if a.Given && a.Request.Method == "POST" {
				mu.Lock()
				kept = append(kept, a.Value)
				mu.Unlock()
			}
			return trial.Text("<h1>ありがとうございます</h1><p>投稿を受け付けました。</p><p><a href=\"/voices\">お客様の声</a></p>"), nil
		}
		h.Index = `<p><a href="/voices">お客様の声</a></p>`
		h.Pages = map[string]func(context.Context, *trial.Ask) (*trial.Answer, error){"/voices": func(context.Context, *trial.Ask) (*trial.Answer, error) {
			mu.Lock()
			defer mu.Unlock()
			var body strings.Builder
			body.WriteString("<h1>お客様の声</h1>")
			for _, v := range kept {
				if b.Vulnerable {
					body.WriteString(s.bad(v))
				} else {
					body.WriteString(good(v))
				}
			}
			ans := trial.Answer{}
			if s.answer != nil {
				ans = *s.answer
			}
			ans.Body = body.String()
			return &ans, nil
		}}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if _, err := send(ctx, s.exploit); err != nil {
				return false, err
			}
			seen, err := b.Visit(ctx, "/voices")
			return err == nil && s.seen(seen.Body), err
		}
		return h, nil
	}}
}
