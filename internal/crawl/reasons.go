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
const (
	whyScope    = "診断範囲の外にあるため、アクセスしていません。"
	whyWrites   = "押すとデータが変わるおそれがあるため、アクセスしていません（{why}）。"
	whyMethod   = "{why} で送信する処理のため、アクセスしていません。"
	whyPattern  = "スクリプトが値を埋めて使うアドレスのため、そのままではアクセスできません。"
	whyTrap     = "同じ作りのページが際限なく続くため、先へは進んでいません。"
	whySame     = "同じ作りのページを {n} 件確認したため、残りは取得していません。"
	whyTail     = "新しい作りのページが出てこなくなったため、取得していません。"
	whyGuess    = "スクリプトやコメントの中にだけ書かれたアドレスで、存在しないものが続いたため、取得していません。"
	whyFiles    = "ファイルの取得数の上限に達したため、取得していません。"
	whyLimit    = "取得するページ数の上限に達したため、取得していません。"
	whyEnded    = "巡回が途中で終わったため、取得していません。"
	whyDead     = "同じ種類のアドレスがエラーになったため、取得していません。"
	whyRobots   = "robots.txt で巡回が禁じられています。"
	whyHint     = "robots.txt に書かれているだけのアドレスです。巡回ではアクセスしていません。"
	whyExcluded = "診断対象から除外するよう指定されています。"
	whyLevel    = "合意した診断レベルを超えるため、アクセスしていません。"
	whyAddress  = "接続先のアドレスが許可されていません。"
	whyWindow   = "合意した時間帯の外になったため、巡回を終えました。"
	whyBudget   = "通信の上限に達したため、巡回を終えました。"
	whyStopped  = "診断が停止されたため、巡回を終えました。"
	whyOptOut   = "ドメインの所有者が診断を拒否しているため、アクセスしていません。"
	whyProvider = "クラウドや ASP の事業者の許可が記録されていないため、アクセスしていません。"
	whyOffline  = "この実行では記録されていないため、確認していません。"
	whyTimeout  = "時間内に応答がありませんでした。"
	whyNoHost   = "ホスト名からアドレスを引けません。"
	whyRefused  = "接続を拒否されました。"
	whyTLS      = "TLS の接続を確立できませんでした。"
	whyProtocol = "HTTP として読める応答ではありませんでした。"
	whyAnswer   = "応答を得られませんでした（{why}）。"
	whyCut      = "応答が大きすぎる、または途中で切れたため、読めたところまで確認しました（{why}）。"
	whyForm     = "送信するとデータが変わるおそれがあるフォームのため、送信していません（{why}）。"
	whyPersonal = "個人情報などの入力を求めるフォームのため、送信していません。"
	whyPostForm = "POST で送信するフォームのため、送信していません。"
	whySearch   = "検索フォームの数が多いため、送信していません。"
	whySocket   = "つなぎ続ける通信（WebSocket など）の接続先のため、接続していません。"
	whyBlocked  = "ブラウザーからの通信を遮断しました（{why}）。"
)

// What the crawl left out, in words.
const (
	skipPages      = "取得するページ数の上限（{n} 件）に達しました。"
	skipKnown      = "見つかったアドレスが {n} 件を超えたため、以降は記録していません。"
	skipDeeper     = "同じ作りのページが際限なく深く続くため、この先へは進んでいません。"
	skipEndless    = "同じ作りのページが続くため、{n} 件で打ち切りました。"
	skipLoop       = "転送が循環しているため、打ち切りました。"
	skipHops       = "転送が {n} 回を超えて続くため、打ち切りました。"
	skipUnreadable = "ページを読み取れませんでした（{n}）。"
	skipRobots     = "robots.txt で巡回が禁じられているアドレスは取得していません。"
	skipSession    = "URL にセッション ID（{n}）が含まれています。取り除いて巡回しました。"
	skipPictures   = "画像・フォント・動画（{n} 件）は取得していません。"
	skipRender     = "ブラウザーで表示できなかったページがあります（{n}）。"
	skipBrowser    = "ブラウザーを使っていないため、スクリプトを実行して初めて現れるページは確認していません。"
	skipWall       = "店の前で別の仕組み（{n}）が応答したため、その先は確認していません。"
	skipWalls      = "確認画面や遮断の応答が {n} 回続いたため、巡回を終えました。"
	skipSeeds      = "シードに診断範囲の外のアドレスが {n} 件ありました。アクセスしていません。"
)

func why(m string) check.Reason { return check.Reason{Message: m} }

func whyArgs(m, arg string) check.Reason {
	return check.Reason{Message: m, Args: i18n.Args{"why": arg, "n": arg}}
}

// reasonOf puts the error of a request into words.
func reasonOf(err error) check.Reason {
	for _, r := range []struct {
		err error
		why string
	}{
		{wire.ErrStopped, whyStopped}, {wire.ErrBudget, whyBudget}, {wire.ErrWindow, whyWindow}, {context.Canceled, whyStopped},
		{wire.ErrRobots, whyRobots}, {wire.ErrExcluded, whyExcluded}, {wire.ErrOutOfScope, whyScope}, {wire.ErrLevel, whyLevel},
		{wire.ErrAddress, whyAddress}, {wire.ErrOptOut, whyOptOut}, {wire.ErrProvider, whyProvider}, {wire.ErrNotStored, whyOffline},
		{wire.ErrTimeout, whyTimeout}, {wire.ErrNoHost, whyNoHost}, {wire.ErrDNS, whyNoHost}, {wire.ErrConnRefused, whyRefused},
		{wire.ErrTLS, whyTLS}, {wire.ErrProtocol, whyProtocol},
	} {
		if errors.Is(err, r.err) {
			return why(r.why)
		}
	}
	return whyArgs(whyAnswer, err.Error())
}

// skip notes something that was left out; n is a number or a word of the message.
func (c *crawl) skip(m string, n any, u *url.URL) {
	c.skips(whyArgs(m, fmt.Sprint(n)), u)
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
func (c *crawl) skipOnce(m, n string, u *url.URL) {
	if !c.noted[m+"\x00"+n] {
		c.noted[m+"\x00"+n] = true
		c.skip(m, n, u)
	}
}
