package page

import (
	"strings"

	"miseban/internal/i18n"
)

// reasons pairs the English beginnings of Why and KindWhy with the Japanese;
// {x} is the rest of the reason.
var reasons = []struct{ en, ja string }{
	{"asks for a password", "パスワードの入力欄がある"}, {"asks for card data", "カード情報の入力欄がある"}, {"asks for personal data or a message", "個人情報や本文の入力欄がある"},
	{"asks for a quantity", "数量の入力欄がある"}, {"uploads a file", "ファイルを送る"}, {"multipart form", "ファイル送信用の形式である"}, {"method ", "メソッドが {x} である"},
	{"path word ", "URL に「{x}」を含む"}, {"path puts items into the cart", "URL が商品をカートに入れる形である"}, {"path chooses with parameters", "URL が選択の確定を表す"},
	{"parameter ", "パラメータ「{x}」が操作を表す"}, {"button ", "ボタンに「{x}」とある"}, {"text ", "リンクの文言に「{x}」とある"}, {"sent by script", "スクリプトで送信される"},
	{"GET search, filter or navigation", "検索・絞り込み・移動のためのフォームである"}, {"GET without a sign of writing", "変更を思わせる手がかりがない"}, {"GET with field ", "用途の分からない入力欄がある（{x}）"},
	{"POST with hidden field ", "POST で、用途の分からない隠し項目がある（{x}）"}, {"POST with field ", "POST で、検索以外の項目がある（{x}）"}, {"POST with a body that cannot be read", "POST の内容を読み取れない"},
	{"search by POST", "POST による検索である"}, {"a search by ", "{x} による検索である"}, {"POST", "POST である"}, {"static file", "静的なファイルである"}, {"reports a click", "クリックを通知する"},
	{"GraphQL query", "GraphQL の参照である"}, {"GraphQL mutation or unknown operation", "GraphQL の更新、または内容の分からない操作である"}, {"known reading route", "参照だけの既知の URL である"},
	{"OPTIONS changes nothing", "OPTIONS は何も変更しない"}, {"closes a dialogue", "ダイアログを閉じるだけである"}, {"form of an administration", "管理画面のフォームである"},
	{"status ", "応答が {x} である"}, {"address has ", "URL に「{x}」を含む"}, {"title has ", "タイトルに「{x}」を含む"}, {"heading has ", "見出しに「{x}」を含む"}, {"body is marked ", "body 要素の印が「{x}」である"},
	{"the root of the site", "サイトの最上位である"}, {"route of the start page", "トップページを表すパラメータである"}, {"address of an administration", "管理画面の URL である"}, {"search parameter", "検索のパラメータがある"},
	{"post_type=product", "商品の一覧を表すパラメータである"}, {"category parameter", "カテゴリのパラメータがある"}, {"category of Zen Cart", "Zen Cart のカテゴリである"}, {"product parameter", "商品のパラメータがある"},
	{"sign-in form of an administration", "管理画面のログインフォームがある"}, {"sign-in form", "ログインフォームがある"}, {"registration form", "会員登録フォームがある"}, {"password reset form", "パスワード再発行フォームがある"},
	{"form for an account", "会員情報のフォームがある"}, {"contact form", "問い合わせフォームがある"}, {"order form", "注文フォームがある"}, {"one form puts an item into the cart", "商品をカートに入れるフォームが一つある"},
	{"several items can be put into the cart", "カートに入れる商品が複数ある"}, {"og:type product", "og:type が product である"}, {"product price meta", "価格の meta がある"}, {"structured data: ", "構造化データが {x} である"},
	{"no clear sign", "手がかりがない"},
}

// Reason puts a Why or KindWhy into both languages.
func Reason(why string) i18n.Text {
	const unknown = ", whose effect is unknown"
	const use = ", whose use is unknown"
	if kv, ok := strings.CutSuffix(why, unknown); ok {
		return i18n.Text{JA: "操作の内容が分からない（" + kv + "）", EN: why}
	}
	for _, r := range reasons {
		rest, ok := strings.CutPrefix(why, r.en)
		if !ok || rest != "" && !strings.Contains(r.ja, "{x}") {
			continue
		}
		return i18n.Text{JA: strings.Replace(r.ja, "{x}", strings.TrimSuffix(rest, use), 1), EN: why}
	}
	if k, v, ok := strings.Cut(why, "="); ok {
		return i18n.Text{JA: "パラメータ「" + k + "=" + v + "」が操作を表す", EN: why}
	}
	return i18n.Text{JA: why, EN: why}
}
