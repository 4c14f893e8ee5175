package report

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/wire"
)

// agreement are the facts of authority above level safe: who consented to what,
// and how control of the domain was shown before the run.
func (b *builder) agreement() []Fact {
	run := b.a.Run
	if run.Scope.Level <= wire.Safe {
		return nil
	}
	var out []Fact
	if c := &run.Scope.Consent; c.Person != "" {
		out = append(out, Fact{Name: b.t("同意"), Value: b.t("{org} {person} から {for} へ（{from} 〜 {until}）", "org", c.Organisation, "person", c.Person, "for", c.For, "from", b.time(c.Given), "until", b.time(c.Until))},
			Fact{Name: b.t("サーバの事業者の許可"), Value: c.Hosting})
	}
	if p := run.Proof; p != nil && len(p.Proven) > 0 {
		var lines []string
		for _, o := range p.Proven {
			u, err := url.Parse(o)
			if err != nil {
				continue
			}
			if by := p.By(u); by != nil {
				lines = append(lines, b.t("{origin}: {method}（{where}、{time}、台帳 {id}）", "origin", o, "method", b.proofMethod(by.Method), "where", by.Where, "time", b.time(by.At), "id", string(by.ID)))
			}
		}
		out = append(out, Fact{Name: b.t("ドメインを管理していることの確認"), Value: strings.Join(lines, "\n")})
		if len(p.Open) > 0 {
			out = append(out, Fact{Name: b.t("確認できず、弱点を探す値を送らなかった接続先"), Value: strings.Join(p.Open, "\n")})
		}
	}
	if len(run.Scope.Consent.Acts) > 0 {
		out = append(out, Fact{Name: b.t("同意された操作"), Value: strings.Join(b.acts(run.Scope.Consent.Acts), "\n")})
	}
	return out
}

func (b *builder) proofMethod(m wire.ProofMethod) string {
	switch m {
	case wire.ProofDNS:
		return b.t("DNS の TXT レコード")
	case wire.ProofFile:
		return b.t("公開されたファイル")
	}
	return b.t("トップページの meta タグ")
}

func (b *builder) acts(list []string) []string {
	var out []string
	for _, x := range list {
		switch x {
		case wire.ActCart:
			x = b.t("カートに商品を1つ入れ、最後に空にする")
		case wire.ActLockout:
			x = b.t("テスト用アカウントで、パスワードを最大 10 回間違える")
		case wire.ActMail:
			x = b.t("テスト用のアドレスへメールを送らせる")
		}
		out = append(out, x)
	}
	return out
}

// leftBehind says what the run may have left in the shop.
func (b *builder) leftBehind() string {
	ledger := b.t("送ったリクエストは、すべて付録の通信台帳に残っています。")
	if b.a.Run.Scope.Level < wire.Full {
		if b.wrongPasswords() {
			return b.t("同意に基づいて、テスト用アカウントのパスワードをわざと間違えました（回数は「お店に書き込んだもの」）。ほかに、サイトに記録や変更が残る操作は行っていません。") + ledger
		}
		return b.t("サイトに記録や変更が残る操作は行っていません。送ったリクエストは、すべて付録の通信台帳に残っています。")
	}
	written, removed, changed := b.writings()
	words := b.t("書き込みを伴う検査も行いました。")
	switch {
	case written == 0:
		words += b.t("レビューや問い合わせなどの記録は書き込んでいません。")
	case removed == written:
		words += b.t("書き込んだ {n} 件の記録は、お店の画面からすべて削除しました。", "n", fmt.Sprint(written))
	default:
		words += b.t("書き込んだ {n} 件の記録のうち {left} 件は、お店の画面から削除できないため、残っている可能性があります。「お店に書き込んだもの」の一覧の目印で探し、削除してください。", "n", fmt.Sprint(written), "left", fmt.Sprint(written-removed))
	}
	if changed > 0 {
		words += b.t("テスト用アカウントの内容のうち {n} 件は、元に戻せたことを確かめられませんでした。", "n", fmt.Sprint(changed))
	}
	if b.a.Run.State != diagnose.Finished {
		words += b.t("診断が途中で終わったため、一覧にない書き込みが残っている可能性があります。通信台帳の POST を確かめてください。")
	}
	return words + ledger
}

// wrongPasswords says that a test account's password was got wrong on purpose.
func (b *builder) wrongPasswords() bool {
	return slices.ContainsFunc(b.results(), func(r *check.Result) bool {
		return slices.ContainsFunc(r.Notes, func(n check.Note) bool { return n.Kind == "sign-in" && n.Args["tries"] != "" })
	})
}

// writings counts the records that the run wrote, those that it removed again,
// and what of the test accounts it could not put back.
func (b *builder) writings() (written, removed, changed int) {
	seen := map[string]bool{}
	for _, r := range b.results() {
		for i, n := range r.Notes {
			switch n.Kind {
			case "created":
				key := r.Check + " " + n.Where + " " + cmp.Or(n.Args["record"], fmt.Sprint("note ", i))
				if seen[key] {
					continue
				}
				seen[key] = true
				written++
				if n.Args["removed"] != "" {
					removed++
				}
			case "left":
				changed++
			}
		}
	}
	return written, removed, changed
}
