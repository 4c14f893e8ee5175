package trial

import (
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Grade is how hard a site makes it to see what an answer says.
type Grade string

// The grades. Filters and encodings are the business of families and places.
const (
	Plain  Grade = "plain"
	Noise  Grade = "noise"  // clock, tokens, advertisements, visitors
	Random Grade = "random" // other recommended items in every answer
	WAF    Grade = "waf"    // refuses what looks like an attack
	Slow   Grade = "slow"   // a steady 120 ms
	Jitter Grade = "jitter" // 0–60 ms, now and then 600
	Token  Grade = "token"  // the form's one-time token is asked for
	Step   Grade = "step"   // the value is kept, and the page after a redirect shows the result
	Lock   Grade = "lock"   // requests of one session wait for each other
	Storm  Grade = "storm"  // random and jitter
	Flaky  Grade = "flaky"  // one answer in nine is 503, 429 or a reset
)

// AnyGrade are the grades that leave a weakness as visible as it is to who is patient.
var AnyGrade = []Grade{Plain, Plain, Noise, Random, WAF, Slow, Jitter, Token, Step, Lock, Storm}

// NoWAF is AnyGrade for weaknesses whose use is always obvious.
var NoWAF = []Grade{Plain, Plain, Noise, Random, Slow, Jitter, Token, Step, Lock, Storm}

// Quick are the grades that leave times alone.
var Quick = []Grade{Plain, Plain, Noise, Random, WAF}

// attacks is what the bench's firewall refuses: the obvious, as common rule sets do.
var attacks = regexp.MustCompile(`(?i)<script|</script|javascript:|on(?:error|load|click)\s*=|alert\s*\(|prompt\s*\(|confirm\s*\(|union\s+(?:all\s+)?select|'\s*or\s|"\s*or\s|\bor\s+1\s*=\s*1|--\s|/\*|\bsleep\s*\(|pg_sleep|benchmark\s*\(|waitfor\s+delay|information_schema|xp_cmdshell|\.\./\.\./|/etc/passwd|win\.ini|\bcat\s+/|;\s*(?:cat|ls|id|sleep|ping)\b|\|\s*(?:cat|ls|id|sleep)\b|<!entity|<!doctype|\{\{\s*7\s*\*\s*7|\$\{\s*7\s*\*\s*7|phpinfo\s*\(|system\s*\(|169\.254`)

var boundary = regexp.MustCompile(`(?m)^--[\w'-]+\r?$`)

// blocked says whether the firewall would refuse the request.
func blocked(r *http.Request, body []byte) bool {
	look := func(s string) bool {
		for range 3 {
			if attacks.MatchString(s) {
				return true
			}
			d, err := url.QueryUnescape(s)
			if err != nil || d == s {
				return false
			}
			s = d
		}
		return false
	}
	said := string(body)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		said = boundary.ReplaceAllString(said, "")
	}
	if look(r.RequestURI) || look(said) {
		return true
	}
	for k, vs := range r.Header {
		if k == "User-Agent" || k == "Accept" {
			continue
		}
		for _, v := range vs {
			if look(v) {
				return true
			}
		}
	}
	return attacks.MatchString(r.UserAgent())
}

const blockPage = `<!doctype html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1><p>The request was blocked by the security policy.</p></body></html>`

// delay is how long an answer of the grade waits.
func (g Grade) delay() time.Duration {
	switch g {
	case Slow:
		return 120 * time.Millisecond
	case Lock:
		return 25 * time.Millisecond
	case Jitter, Storm:
		if rand.IntN(20) == 0 {
			return 600 * time.Millisecond
		}
		return time.Duration(rand.IntN(60)) * time.Millisecond
	}
	return 0
}

// decorate adds to a page what varies by itself.
func (g Grade) decorate(w io.Writer, now time.Time) {
	switch g {
	case Noise, Storm:
		fmt.Fprintf(w, `<aside class="ad"><a href="/guide">広告 %s-%06d</a></aside><p class="clock">%s</p><p>現在 %d 人が見ています</p><meta name="request-id" content="%016x">`+"\n",
			adWords[rand.IntN(len(adWords))], rand.IntN(1e6), now.Format("2006-01-02 15:04:05.000"), 1+rand.IntN(90), rand.Uint64())
	}
	if g == Random || g == Storm {
		fmt.Fprint(w, `<section class="recommend"><h2>おすすめ</h2><ul>`)
		for range 2 + rand.IntN(6) {
			fmt.Fprintf(w, `<li><img src="/assets/i%d.svg" alt=""> %s <span>%d円</span></li>`, rand.IntN(9), html.EscapeString(goods[rand.IntN(len(goods))]), 300+10*rand.IntN(900))
		}
		fmt.Fprint(w, "</ul></section>\n")
		if rand.IntN(2) == 0 {
			fmt.Fprintf(w, `<div class="review"><h3>お客様の声</h3><p>%s、とてもよかったです。</p></div>`, html.EscapeString(goods[rand.IntN(len(goods))]))
		}
	}
}

var adWords = strings.Fields("送料無料 新茶 福袋 早割 ポイント5倍 会員限定")
var goods = strings.Fields("煎茶 ほうじ茶 玄米茶 抹茶 急須 湯呑み 茶筒 羊羹 最中 せんべい 海苔 梅干し 味噌 醤油 手ぬぐい 風呂敷")
