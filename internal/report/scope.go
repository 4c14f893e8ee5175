package report

import (
	"fmt"
	"slices"
	"strings"

	"miseban/internal/diagnose"
	"miseban/internal/page"
	"miseban/internal/verdict"
)

// limits lists what was not examined and why: the part of a report that keeps
// a pass from meaning more than it does.
func (b *builder) limits() {
	run := b.a.Run
	if run.State == diagnose.Stopped || run.State == diagnose.Failed {
		b.doc.Limits = append(b.doc.Limits, Limit{What: b.t("診断の全体"), Why: run.Reason.In(b.lang)})
	}
	b.doc.Limits = append(b.doc.Limits, b.memberLimits()...)
	if slices.ContainsFunc(run.Seen.Forms, func(f diagnose.SeenForm) bool { return f.Effect == page.Writes }) {
		b.doc.Limits = append(b.doc.Limits, Limit{What: b.t("登録・注文・送信などの先のページ"), Why: b.t("サイトに記録が残る操作（{n} 個のフォーム）は、営業中のサイトに影響するため行っていません。", "n", fmt.Sprint(countWrites(run)))})
	}
	if !run.Intel.Issued.IsZero() && run.Intel.Stale {
		b.doc.Limits = append(b.doc.Limits, Limit{What: b.t("ソフトウェアの既知の弱点"), Why: b.t("弱点情報（{date} 時点）が30日より古いため、「既知の弱点なし」とは判定していません。", "date", b.date(run.Intel.Issued))})
	}
	seen := map[string]int{}
	for _, s := range run.Seen.Skipped {
		why := s.Why.In(b.lang)
		key := s.What + "\x00" + why
		if i, ok := seen[key]; ok {
			if !strings.Contains(b.doc.Limits[i].What, " ×") {
				b.doc.Limits[i].What = s.What + " ×1"
			}
			base, n, _ := strings.Cut(b.doc.Limits[i].What, " ×")
			var c int
			_, _ = fmt.Sscan(n, &c)
			b.doc.Limits[i].What = base + " ×" + fmt.Sprint(c+1)
			continue
		}
		seen[key] = len(b.doc.Limits)
		what := s.What
		if s.URL != "" && !strings.Contains(what, s.URL) {
			what = s.URL
		}
		if what == "" {
			what = b.t("サイト全体")
		}
		b.doc.Limits = append(b.doc.Limits, Limit{What: what, Why: why})
	}
	for _, c := range b.doc.Checks {
		if c.Verdict == verdict.NotExamined || c.Verdict == verdict.Undetermined {
			b.doc.Limits = append(b.doc.Limits, Limit{What: b.t("「{title}」かどうか", "title", c.Title), Why: c.Reason, Check: c.Name})
		}
	}
}

// countWrites counts the forms that act; the same form on many pages, or as sent
// and as drawn by the browser, is one.
func countWrites(run *diagnose.Run) int {
	seen := map[string]bool{}
	for _, f := range run.Seen.Forms {
		if f.Effect == page.Writes {
			to := f.Action
			if to == f.Page { // a script sends it: the menu and the newsletter of every page are one form
				to = ""
			}
			seen[string(f.Purpose)+" "+to+" "+strings.Join(f.Fields, ",")] = true
		}
	}
	return len(seen)
}

// countPages counts the pages that a visitor would see: no scripts, style
// sheets or feeds, and nothing that was not there.
func countPages(run *diagnose.Run) int {
	n := 0
	for _, p := range run.Seen.Pages {
		if p.Status == 200 && p.Kind != page.NotHTML {
			n++
		}
	}
	return n
}

func (b *builder) scope() Section {
	run := b.a.Run
	l := b.doc.Ledger
	browser := run.Browser
	if browser == "" {
		browser = b.t("使用していません")
	}
	s := Section{ID: "scope", Title: b.t("診断の範囲と方法"), Page: true, Blocks: []Block{
		Facts{Rows: []Fact{
			{Name: b.t("対象"), Value: strings.Join(run.Scope.Hosts, "\n")},
			{Name: b.t("レベル"), Value: LevelName(run.Scope.Level.String(), b.lang)},
			{Name: b.t("送ったリクエスト"), Value: b.t("{n} 回（受信 {size}）", "n", fmt.Sprint(l.Requests), "size", size(l.Bytes))},
			{Name: b.t("混み具合への配慮"), Value: b.t("10秒間に最大 {n} 回（上限 21 回）", "n", fmt.Sprint(l.MaxIn10s))},
			{Name: b.t("確認したページ"), Value: b.t("{n} ページ（同じ作りと分かり、取得を省いたもの {known}）", "n", fmt.Sprint(countPages(run)), "known", fmt.Sprint(run.Seen.Known))},
			{Name: b.t("ブラウザ"), Value: browser},
			{Name: b.t("弱点情報のバージョン"), Value: b.t("{version}（{date}）", "version", run.Intel.Version, "date", b.date(run.Intel.Issued))},
		}},
		Prose{b.leftBehind()},
	}}
	if more := b.agreement(); len(more) > 0 {
		f := s.Blocks[0].(Facts)
		f.Rows = append(f.Rows, more...)
		s.Blocks[0] = f
	}
	if run.Scope.Rate.Unlimited {
		s.Blocks[0] = dropFact(s.Blocks[0].(Facts), b.t("混み具合への配慮"))
	}
	kinds := map[page.Kind]int{}
	for _, p := range run.Seen.Pages {
		if p.Status == 200 {
			kinds[p.Kind]++
		}
	}
	t := Table{Caption: b.t("確認したページの種類"), Head: []string{b.t("種類"), b.t("ページ数"), b.t("例")}, Widths: []float64{3, 2, 7}}
	for _, k := range []page.Kind{page.Top, page.List, page.Product, page.Search, page.Cart, page.Checkout, page.CardEntry, page.Login, page.Register, page.MyPage, page.Reset, page.Contact, page.Legal, page.Privacy, page.Admin, page.Other, page.NotHTML} {
		if kinds[k] == 0 {
			continue
		}
		example := ""
		for _, p := range run.Seen.Pages {
			if p.Kind == k && p.Status == 200 {
				example = p.URL
				break
			}
		}
		t.Rows = append(t.Rows, []Cell{{Text: KindName(k, b.lang)}, {Text: fmt.Sprint(kinds[k])}, {Text: example, Code: true}})
	}
	if len(t.Rows) > 0 {
		s.Blocks = append(s.Blocks, t)
	}
	s.Blocks = append(s.Blocks, b.signedIn()...)
	s.Blocks = append(s.Blocks, b.tested()...)
	s.Blocks = append(s.Blocks, b.records()...)
	s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "limits", Text: b.t("確認していないこと")},
		Prose{b.t("次のものは確認していないか、確認できませんでした。「問題がない」という意味ではありません。")})
	lt := Table{Head: []string{b.t("対象"), b.t("理由")}, Widths: []float64{6, 6}}
	row := map[string]int{} // by reason: what is left out for one reason stands together
	for _, x := range b.doc.Limits {
		if i, ok := row[x.Why]; ok {
			if c := &lt.Rows[i][0]; !strings.Contains(c.Text, "\n") {
				c.Text = b.t("・{item}", "item", c.Text)
			}
			lt.Rows[i][0].Text += "\n" + b.t("・{item}", "item", x.What)
			continue
		}
		row[x.Why] = len(lt.Rows)
		lt.Rows = append(lt.Rows, []Cell{{Text: x.What}, {Text: x.Why}})
	}
	s.Blocks = append(s.Blocks, lt)
	if len(run.Seen.Siblings) > 0 {
		st := Table{Head: []string{b.t("名前"), b.t("どこで見たか")}, Widths: []float64{5, 7}}
		for _, x := range run.Seen.Siblings {
			st.Rows = append(st.Rows, []Cell{{Text: x.Host, Code: true}, {Text: b.seenIn(x.Why)}})
		}
		s.Blocks = append(s.Blocks, Heading{Level: 2, Text: b.t("関係がありそうなほかのサイト")},
			Prose{b.t("証明書やリンクに現れた名前です。接続はしていません。自社のものであれば、同じように診断することをお勧めします。")}, st)
	}
	return s
}

func dropFact(f Facts, name string) Facts {
	f.Rows = slices.DeleteFunc(f.Rows, func(r Fact) bool { return r.Name == name })
	return f
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// seenIn puts the crawl's words for where a name was seen into the reader's language.
func (b *builder) seenIn(why string) string {
	words := map[string]string{
		"certificate": b.t("証明書"), "link": b.t("リンク"), "form": b.t("フォームの送信先"), "redirect": b.t("転送先"),
		"csp": b.t("Content-Security-Policy ヘッダ"), "sitemap": b.t("サイトマップ"),
	}
	var out []string
	for _, w := range strings.Split(why, ", ") {
		if t, ok := words[w]; ok {
			w = t
		}
		out = append(out, w)
	}
	return strings.Join(out, b.t("、"))
}
