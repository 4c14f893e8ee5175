package web

import (
	"net/url"
	"strings"
	"testing"
)

// TestCosts: the numbers stand in the address, a wrong one is named, and the
// file has the same numbers as the page.
func TestCosts(t *testing.T) {
	t.Parallel()
	nobody := settled(t).visitor()
	body := nobody.get("/costs").wants(t, 200, "5年間では、オープンソースの方がSaaS・ASPより", "原文未確認", "n = 19", "クラウド型へ移ったお店が多く").body
	if strings.Contains(body, "{moved-to-cloud}") {
		t.Error("a figure was not put in")
	}
	q := url.Values{"of": {"scratch"}, "against": {"mall"}, "turnover": {"１億"}}
	nobody.get("/costs?"+q.Encode()).wants(t, 422, "「年商」は 0 から", `href="#f-turnover"`, "１億")
	q.Set("turnover", "２０,０００")
	nobody.get("/costs?"+q.Encode()).wants(t, 200, "スクラッチ開発", "モールの方が")
	if text := unzipped(t, nobody.get("/costs/word?"+q.Encode()).wants(t, 200).body); !strings.Contains(text, "モールの方が") || !strings.Contains(text, "見積書の数字に置き換え") {
		t.Error("the Word file has other numbers")
	}
	nobody.get("/costs/pdf?"+q.Encode()).wants(t, 200, "%PDF")
	nobody.get("/costs?of=mall&against=mall").wants(t, 422, "別のものを選んで")
	nobody.get("/costs?of=tent").wants(t, 400)
	nobody.get("/costs/pdf?turnover=x").wants(t, 400)
	nobody.get("/costs?lang=en").wants(t, 303)
}

// TestLeaflet: the leaflet is there for everybody, and its address names the channel.
func TestLeaflet(t *testing.T) {
	t.Parallel()
	nobody := settled(t).visitor()
	nobody.get("/leaflet").wants(t, 200, "97％", "原文未確認", "7つのこと")
	nobody.get("/leaflet/pdf").wants(t, 200, "%PDF")
	nobody.get("/leaflet/pdf?from=jadma-news").wants(t, 200, "%PDF")
	nobody.get("/leaflet/pdf?from=<b>").wants(t, 400)
}
