package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Why an address was not fetched, in words. English: i18n/en/crawl.yaml.
var (
	whyScope    = check.Reason{Message: "診断範囲の外にあるため、アクセスしていません。"}
	whyWrites   = check.Reason{Message: "押すとデータが変わるおそれがあるため、アクセスしていません（{why}）。"}
	whyMethod   = check.Reason{Message: "{why} で送信する処理のため、アクセスしていません。"}
	whyPattern  = check.Reason{Message: "スクリプトが値を埋めて使うアドレスのため、そのままではアクセスできません。"}
	whyTrap     = check.Reason{Message: "同じ作りのページが際限なく続くため、先へは進んでいません。"}
	whySame     = check.Reason{Message: "同じ作りのページを {n} 件確認したため、残りは取得していません。"}
	whyTail     = check.Reason{Message: "新しい作りのページが出てこなくなったため、取得していません。"}
	whyGuess    = check.Reason{Message: "スクリプトやコメントの中にだけ書かれたアドレスで、存在しないものが続いたため、取得していません。"}
	whyFiles    = check.Reason{Message: "ファイルの取得数の上限に達したため、取得していません。"}
	whyLimit    = check.Reason{Message: "取得するページ数の上限に達したため、取得していません。"}
	whyEnded    = check.Reason{Message: "巡回が途中で終わったため、取得していません。"}
	whyDead     = check.Reason{Message: "同じ種類のアドレスがエラーになったため、取得していません。"}
	whyRobots   = check.Reason{Message: "robots.txt で巡回が禁じられています。"}
	whyHint     = check.Reason{Message: "robots.txt に書かれているだけのアドレスです。巡回ではアクセスしていません。"}
	whyExcluded = check.Reason{Message: "診断対象から除外するよう指定されています。"}
	whyLevel    = check.Reason{Message: "合意した診断レベルを超えるため、アクセスしていません。"}
	whyAddress  = check.Reason{Message: "接続先のアドレスが許可されていません。"}
	whyWindow   = check.Reason{Message: "合意した時間帯の外になったため、巡回を終えました。"}
	whyBudget   = check.Reason{Message: "通信の上限に達したため、巡回を終えました。"}
	whyStopped  = check.Reason{Message: "診断が停止されたため、巡回を終えました。"}
	whyOptOut   = check.Reason{Message: "ドメインの所有者が診断を拒否しているため、アクセスしていません。"}
	whyProvider = check.Reason{Message: "クラウドや ASP の事業者の許可が記録されていないため、アクセスしていません。"}
	whyOffline  = check.Reason{Message: "この実行では記録されていないため、確認していません。"}
	whyTimeout  = check.Reason{Message: "時間内に応答がありませんでした。"}
	whyNoHost   = check.Reason{Message: "ホスト名からアドレスを引けません。"}
	whyRefused  = check.Reason{Message: "接続を拒否されました。"}
	whyTLS      = check.Reason{Message: "TLS の接続を確立できませんでした。"}
	whyProtocol = check.Reason{Message: "HTTP として読める応答ではありませんでした。"}
	whyAnswer   = check.Reason{Message: "応答を得られませんでした（{why}）。"}
	whyCut      = check.Reason{Message: "応答が大きすぎる、または途中で切れたため、読めたところまで確認しました（{why}）。"}
	whyForm     = check.Reason{Message: "送信するとデータが変わるおそれがあるフォームのため、送信していません（{why}）。"}
	whyPersonal = check.Reason{Message: "個人情報などの入力を求めるフォームのため、送信していません。"}
	whyPostForm = check.Reason{Message: "POST で送信するフォームのため、送信していません。"}
	whySearch   = check.Reason{Message: "検索フォームの数が多いため、送信していません。"}
	whySocket   = check.Reason{Message: "つなぎ続ける通信（WebSocket など）の接続先のため、接続していません。"}
	whySigned   = check.Reason{Message: "サインインした状態で押すと、サインアウトやデータの変更になるおそれがあるため、アクセスしていません。"}
	whyBlocked  = check.Reason{Message: "ブラウザからの通信を遮断しました（{why}）。"}
)

// What the crawl left out, in words.
var (
	skipPages      = check.Reason{Message: "取得するページ数の上限（{n} 件）に達しました。"}
	skipKnown      = check.Reason{Message: "見つかったアドレスが {n} 件を超えたため、以降は記録していません。"}
	skipDeeper     = check.Reason{Message: "同じ作りのページが際限なく深く続くため、この先へは進んでいません。"}
	skipEndless    = check.Reason{Message: "同じ作りのページが続くため、{n} 件で打ち切りました。"}
	skipLoop       = check.Reason{Message: "転送が循環しているため、打ち切りました。"}
	skipHops       = check.Reason{Message: "転送が {n} 回を超えて続くため、打ち切りました。"}
	skipUnreadable = check.Reason{Message: "ページを読み取れませんでした（{n}）。"}
	skipRobots     = check.Reason{Message: "robots.txt で巡回が禁じられているアドレスは取得していません。診断に含めるには、持ち主の同意を得て --ignore-robots を付けるか、範囲のファイルに ignore_robots: true と書きます（台帳に残ります）。"}
	skipSession    = check.Reason{Message: "URL にセッション ID（{n}）が含まれています。取り除いて巡回しました。"}
	skipPictures   = check.Reason{Message: "画像・フォント・動画（{n} 件）は取得していません。"}
	skipRender     = check.Reason{Message: "ブラウザで表示できなかったページがあります（{n}）。"}
	skipBrowser    = check.Reason{Message: "ブラウザを使っていないため、スクリプトを実行して初めて現れるページは確認していません。"}
	skipWall       = check.Reason{Message: "お店のサイトの手前で別の仕組み（{n}）が応答したため、その先は確認していません。"}
	skipWalls      = check.Reason{Message: "確認画面や遮断の応答が {n} 回続いたため、巡回を終えました。"}
	skipSeeds      = check.Reason{Message: "追加で指定したアドレスのうち {n} 件は、診断範囲の外にあるため、アクセスしていません。"}
)

// with fills in the one value that a reason has, called {why} or {n}.
func with(r check.Reason, value string) check.Reason {
	r.Args = i18n.Args{"why": value, "n": value}
	return r
}

// reasonOf puts the error of a request into words.
func reasonOf(err error) check.Reason {
	if actsSignedIn(err) {
		return whySigned
	}
	for _, r := range []struct {
		err error
		why check.Reason
	}{
		{wire.ErrStopped, whyStopped}, {wire.ErrBudget, whyBudget}, {wire.ErrWindow, whyWindow}, {context.Canceled, whyStopped},
		{wire.ErrRobots, whyRobots}, {wire.ErrExcluded, whyExcluded}, {wire.ErrOutOfScope, whyScope}, {wire.ErrLevel, whyLevel},
		{wire.ErrAddress, whyAddress}, {wire.ErrOptOut, whyOptOut}, {wire.ErrProvider, whyProvider}, {wire.ErrNotStored, whyOffline},
		{wire.ErrTimeout, whyTimeout}, {wire.ErrNoHost, whyNoHost}, {wire.ErrDNS, whyNoHost}, {wire.ErrConnRefused, whyRefused},
		{wire.ErrTLS, whyTLS}, {wire.ErrProtocol, whyProtocol},
	} {
		if errors.Is(err, r.err) {
			return r.why
		}
	}
	return with(whyAnswer, err.Error())
}

// skip notes something that was left out; n is a number or a word of the message.
func (c *crawl) skip(r check.Reason, n any, u *url.URL) {
	c.skips(with(r, fmt.Sprint(n)), u)
}

func (c *crawl) skips(r check.Reason, u *url.URL) {
	if len(c.skipped) >= maxSkipped {
		return
	}
	s := check.Skip{Why: r, URL: u}
	if u != nil {
		s.What = u.Redacted()
	}
	c.skipped = append(c.skipped, s)
}

const maxSkipped = 500

// skipOnce is skip, once for each message and n.
func (c *crawl) skipOnce(r check.Reason, n string, u *url.URL) {
	if k := r.Message + "\x00" + n; !c.noted[k] {
		c.noted[k] = true
		c.skip(r, n, u)
	}
}
