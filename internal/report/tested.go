package report

import (
	"fmt"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// signedIn tells who was signed in, how, and which pages were seen so. Nothing
// below level active, where nobody signs in.
func (b *builder) signedIn() []Block {
	run := b.a.Run
	if run.Scope.Level < wire.Active {
		return nil
	}
	out := []Block{Heading{Level: 2, ID: "signed-in", Text: b.t("ログインして確認した範囲")}}
	if len(run.Seen.Accounts) == 0 {
		return append(out, Prose{b.noAccounts()})
	}
	t := Table{Head: []string{b.t("テスト用アカウント"), b.t("ログイン"), b.t("確認の方法"), b.t("見たページ"), b.t("確かめ直した回数")}, Widths: []float64{3, 3, 8, 2, 3}}
	for _, a := range run.Seen.Accounts {
		role := b.t("会員")
		if a.Role == "admin" {
			role = b.t("管理者")
		}
		row := []Cell{{Text: b.t("{name}（{role}）", "name", a.Name, "role", role)}}
		if !a.SignedIn && a.Why.Message != "" && len(a.Pages) == 0 {
			row = append(row, Cell{Text: b.t("できませんでした"), Tone: Warn}, Cell{Text: a.Why.In(b.lang)}, Cell{Text: "0"}, Cell{Text: "–"})
			t.Rows = append(t.Rows, row)
			continue
		}
		state := Cell{Text: b.t("できました"), Tone: Good}
		if !a.SignedIn {
			state = Cell{Text: b.t("途中で切れました"), Tone: Warn}
		}
		how := []string{b.wayName(a.Way)}
		if a.Door != "" {
			how = append(how, b.t("ログイン画面: {url}", "url", a.Door))
		}
		if a.Proof != "" {
			how = append(how, b.t("ログイン中であることの確認: {url}", "url", a.Proof))
		}
		if a.Why.Message != "" {
			how = append(how, a.Why.In(b.lang))
		}
		again := fmt.Sprint(a.Cost.Proofs)
		if a.Cost.Losses > 0 {
			again = b.t("{n}（途中で {lost} 回切れ、ログインし直しました）", "n", again, "lost", fmt.Sprint(a.Cost.Losses))
		}
		t.Rows = append(t.Rows, append(row, state, Cell{Text: strings.Join(how, "\n")}, Cell{Text: fmt.Sprint(membersPages(&a))}, Cell{Text: again}))
	}
	words := b.t("ログイン中の確認の結果は、その前後でログインが続いていたと確かめられたものだけを採っています。")
	if run.Scope.Level < wire.Full {
		words += b.t("退会や、パスワード・登録内容の変更につながる操作はしていません。")
	}
	out = append(out, Prose{words}, t)
	if pages := b.memberPages(); len(pages.Rows) > 0 {
		out = append(out, pages)
	}
	return out
}

func (b *builder) noAccounts() string {
	if len(b.a.Run.Scope.Accounts) == 0 {
		return b.t("テスト用アカウントが指定されていないため、ログイン後のページは確認していません。")
	}
	return b.t("ログインを試す前に診断が終わったため、ログイン後のページは確認していません。")
}

func (b *builder) wayName(w signin.Way) string {
	switch w {
	case signin.ByForm:
		return b.t("ログイン画面のフォームから")
	case signin.ByJSON:
		return b.t("ログイン用の API から")
	case signin.ByBasic:
		return b.t("Basic 認証で")
	case signin.BySteps:
		return b.t("記録された手順で")
	case signin.ByBrowser:
		return b.t("ブラウザを使って")
	}
	return b.t("不明")
}

func membersPages(a *diagnose.SeenAccount) int {
	n := 0
	for _, p := range a.Pages {
		if p.Status == 200 && p.Kind != page.NotHTML {
			n++
		}
	}
	return n
}

// mostMemberPages bounds the list of pages; the ledger names them all.
const mostMemberPages = 40

// memberPages lists the pages that were seen signed in, each with the accounts.
func (b *builder) memberPages() Table {
	t := Table{Caption: b.t("ログインした状態で見たページ"), Head: []string{b.t("ページ"), b.t("種類"), b.t("アカウント")}, Widths: []float64{7, 3, 2}}
	row := map[string]int{}
	more := 0
	for _, a := range b.a.Run.Seen.Accounts {
		for _, p := range a.Pages {
			if p.Status != 200 || p.Kind == page.NotHTML {
				continue
			}
			if i, ok := row[p.URL]; ok {
				if c := &t.Rows[i][2]; !slices.Contains(strings.Split(c.Text, ", "), a.Name) {
					c.Text += ", " + a.Name
				}
				continue
			}
			if len(t.Rows) == mostMemberPages {
				more++
				continue
			}
			row[p.URL] = len(t.Rows)
			t.Rows = append(t.Rows, []Cell{{Text: p.URL, Code: true}, {Text: KindName(p.Kind, b.lang)}, {Text: a.Name}})
		}
	}
	if more > 0 {
		t.Rows = append(t.Rows, []Cell{{Text: b.t("ほか {n} ページ", "n", fmt.Sprint(more))}, {}, {}})
	}
	return t
}

// tested tells where values were put in, where they were not, and why.
func (b *builder) tested() []Block {
	run := b.a.Run
	if run.Scope.Level < wire.Active {
		return nil
	}
	out := []Block{Heading{Level: 2, ID: "tested", Text: b.t("弱点を探す値を入れた場所")}}
	if len(run.Seen.Places) == 0 {
		return append(out, Prose{b.t("この診断では、値を入れて確かめる検査を行っていません。")})
	}
	words := b.t("検索欄やアドレスの値など、お店のプログラムが値を受け取る場所へ、害のない値を入れて応答の違いを調べました。同じプログラムが受け取る場所は、1つにまとめて数えています。")
	if run.State != diagnose.Finished {
		words += b.t("診断が途中で終わったため、すべての検査を終えてはいません。")
	}
	t := Table{Head: []string{b.t("場所の種類"), b.t("調べた場所"), b.t("そのうちログイン後"), b.t("調べなかった場所")}, Widths: []float64{6, 2, 2, 2}}
	for _, p := range run.Seen.Places {
		t.Rows = append(t.Rows, []Cell{{Text: b.viaName(p.Via)}, {Text: fmt.Sprint(p.Tested)}, {Text: fmt.Sprint(p.Members)}, {Text: fmt.Sprint(p.Left)}})
	}
	out = append(out, Prose{words}, t)
	for _, u := range []struct {
		caption string
		inPart  bool
	}{{b.t("値を入れなかった場所"), false}, {b.t("応答時間を測らなかった場所（ほかの検査は行いました）"), true}} {
		t := Table{Caption: u.caption, Head: []string{b.t("画面"), b.t("項目"), b.t("理由")}, Widths: []float64{4, 4, 5}}
		for _, x := range run.Seen.Untested {
			if x.InPart == u.inPart {
				t.Rows = append(t.Rows, []Cell{{Text: x.Handler, Code: true}, {Text: strings.Join(x.Names, b.t("、"))}, {Text: x.Why.In(b.lang)}})
			}
		}
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	heard := b.t("使っていません。お店のサーバから外へ通信させる弱点（SSRF など）は、応答だけから判断できる範囲で調べました。")
	if run.Scope.OOB != "" {
		heard = b.t("診断する側の待ち受け（{addr}）を使い、お店のサーバから通信が届くかを調べました。第三者のサービスは使っていません。", "addr", run.Scope.OOB)
	}
	return append(out, Facts{Rows: []Fact{{Name: b.t("外への通信の待ち受け"), Value: heard}}})
}

func (b *builder) viaName(via string) string {
	words := map[string]string{
		"query": b.t("アドレスのパラメータ（? 以降）"), "form": b.t("フォームの項目"), "multipart": b.t("ファイルを送れるフォームの項目"), "json": b.t("JSON の項目"), "xml": b.t("XML の要素"),
		"cookie": b.t("Cookie"), "header": b.t("リクエストヘッダ"), "path": b.t("アドレスの一部（パス）"), "fragment": b.t("アドレスの # 以降"), "name": b.t("パラメータの名前"),
	}
	if w, ok := words[via]; ok {
		return w
	}
	return via
}

// records lists what the run wrote into the shop, and what of it may still be there.
func (b *builder) records() []Block {
	created := Table{Caption: b.t("書き込んだ記録"), Head: []string{b.t("送信先"), b.t("項目"), b.t("書き込んだ値（目印）"), b.t("その後"), b.t("検査項目")}, Widths: []float64{4, 3, 5, 2, 4}}
	left := Table{Caption: b.t("元に戻せなかったもの"), Head: []string{b.t("画面"), b.t("内容"), b.t("検査項目")}, Widths: []float64{4, 6, 4}}
	tries := Table{Caption: b.t("パスワードをわざと間違えた試行"), Head: []string{b.t("画面"), b.t("内容"), b.t("検査項目")}, Widths: []float64{4, 6, 4}}
	for _, r := range b.results() {
		title := b.texts[r.Check].Title
		for _, n := range r.Notes {
			switch {
			case n.Kind == "created":
				after := Cell{Text: b.t("残っている可能性"), Tone: Warn}
				if n.Args["removed"] != "" {
					after = Cell{Text: b.t("削除しました"), Tone: Good}
				}
				created.Rows = append(created.Rows, []Cell{{Text: n.Where, Code: true}, {Text: n.Args["parameter"]}, {Text: inLine(n.Args["value"]), Code: true}, after, {Text: title}})
			case n.Kind == "left":
				left.Rows = append(left.Rows, []Cell{{Text: n.Where, Code: true}, {Text: b.leftWords(&n)}, {Text: title}})
			case n.Kind == "sign-in" && n.Args["tries"] != "":
				tries.Rows = append(tries.Rows, []Cell{{Text: n.Where, Code: true}, {Text: b.t("テスト用アカウントで {n} 回", "n", n.Args["tries"])}, {Text: title}})
			}
		}
	}
	var out []Block
	for _, t := range []Table{created, left, tries} {
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil
	}
	words := b.t("検査のために書き込んだものと、診断の終わりに残っている可能性があるものです。管理画面で目印の値を検索し、残っていれば削除してください。注文は確定していません。")
	return append([]Block{Heading{Level: 2, ID: "records", Text: b.t("お店に書き込んだもの")}, Prose{words}}, out...)
}

func (b *builder) leftWords(n *check.Note) string {
	if f := n.Args["field"]; f != "" {
		return b.t("テスト用アカウントの「{field}」が、変更した値のままの可能性があります。", "field", f)
	}
	return b.t("テスト用アカウント「{name}」のパスワードまたは登録内容が、変更した値のままの可能性があります。", "name", n.Args["account"])
}

// memberLimits say what of the pages behind the sign-in was not examined.
func (b *builder) memberLimits() []Limit {
	run := b.a.Run
	what := b.t("ログイン後のページ")
	switch {
	case run.Scope.Level < wire.Active:
		return []Limit{{What: what, Why: b.t("このレベルの診断では、会員としてログインしません。")}}
	case len(run.Seen.Accounts) == 0:
		return []Limit{{What: what, Why: b.noAccounts()}}
	}
	var out []Limit
	customers := 0
	for _, a := range run.Seen.Accounts {
		if a.Role != "admin" {
			customers++
		}
		if a.Why.Message != "" {
			out = append(out, Limit{What: b.t("テスト用アカウント {name} でのログイン後のページ", "name", a.Name), Why: a.Why.In(b.lang)})
		}
	}
	if customers == 1 {
		out = append(out, Limit{What: b.t("ほかの会員の情報が見えないことの確認"), Why: b.t("会員のテスト用アカウントが1つだけのため、2人の会員を比べる確認はしていません。")})
	}
	return out
}
