package page

import (
	"net/url"
	"strings"
	"unicode"
)

// words splits a name at signs and at camel case, in lower case.
func words(s string) []string {
	var out []string
	start := -1
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, strings.ToLower(s[start:end]))
		}
		start = -1
	}
	var prev rune
	for i, r := range s {
		if len(out) > 40 {
			break
		}
		switch {
		case !unicode.IsLetter(r):
			flush(i)
		case start >= 0 && unicode.IsUpper(r) && unicode.IsLower(prev):
			flush(i)
			start = i
		case start < 0:
			start = i
		}
		prev = r
	}
	flush(len(s))
	return out
}

// writeVerbs are words that name an act wherever they stand in a path or parameter.
var writeVerbs = map[string]bool{
	"add": true, "delete": true, "del": true, "remove": true, "destroy": true, "drop": true, "erase": true, "purge": true, "clear": true, "empty": true, "trash": true, "untrash": true,
	"logout": true, "logoff": true, "signout": true, "cancel": true, "withdraw": true, "withdrawal": true, "unsubscribe": true, "optout": true, "taikai": true, "kaiyaku": true,
	"submit": true, "save": true, "update": true, "insert": true, "send": true, "sendmail": true, "resend": true, "mailsend": true,
	"buy": true, "buynow": true, "purchase": true, "reorder": true, "pay": true, "capture": true, "refund": true, "subscribe": true, "vote": true, "follow": true, "unfollow": true,
	"approve": true, "reject": true, "accept": true, "decline": true, "activate": true, "deactivate": true, "enable": true, "disable": true, "publish": true, "unpublish": true,
	"import": true, "upload": true, "install": true, "uninstall": true, "restore": true, "rollback": true, "backup": true, "flush": true, "reindex": true, "regenerate": true,
	"confirm": true, "complete": true, "commit": true, "finish": true, "execute": true, "exec": true, "run": true, "apply": true, "unapply": true, "redeem": true,
	"cartin": true, "cartadd": true, "addcart": true, "addtocart": true, "intocart": true, "basketin": true, "kago": true, "incart": true, "atc": true,
	"increase": true, "decrease": true, "increment": true, "decrement": true, "move": true, "merge": true, "assign": true, "revoke": true, "grant": true,
	"unblock": true, "ban": true, "lock": true, "unlock": true, "toggle": true, "switch": true, "set": true, "unset": true, "modify": true,
	"copy": true, "duplicate": true, "clone": true, "rename": true, "replace": true, "notify": true, "placeorder": true,
	"sync": true, "jobs": true, "push": true, "migrate": true, "cron": true, "logouts": true, "undo": true, "discard": true, "abort": true, "dismiss": true, "mark": true,
	"quickbuy": true, "quickorder": true, "estimate": true, "invite": true, "reply": true, "removal": true, "process": true, "verify": true, "validate": true, "verification": true, "activation": true, "download": true, "getdownload": true, "eddfile": true, "tobasket": true, "tocart": true, "autologin": true,
	"touroku": true, "sakujo": true, "soushin": true, "kounyu": true, "henkou": true, "kakutei": true, "callback": true, "webhook": true, "ipn": true, "unwatch": true, "watch": true,
}

// loneVerbs are acts only where they are the whole name: mode=up and /cart/up/3
// move an item, "up-sell" is a list.
var loneVerbs = map[string]bool{"up": true, "down": true}

// verbIn finds the word that acts. In a path of several words ("add_cart",
// "cart-delete") it may stand anywhere.
func verbIn(ws []string, end bool) string {
	for i, w := range ws {
		if writeVerbs[w] {
			return w
		}
		if loneVerbs[w] && len(ws) == 1 && end {
			return w
		}
		if g := gluedVerb(w); g != "" {
			return g
		}
		if i+1 < len(ws) {
			switch w + ws[i+1] {
			case "logout", "signout", "logoff", "checkin", "optout", "makedefault", "defaultfor", "asdefault", "setlang", "makeprimary", "placeorder", "orderagain", "cartin", "buynow", "tocart", "addto", "incart", "intocart", "tobasket", "inbasket":
				return w + "-" + ws[i+1]
			}
		}
	}
	return ""
}

// gluedVerbs begin or end names that are written in one piece, as nopCommerce
// does: addproducttocart, clearcomparelist, topicdelete.
var (
	gluedStarts = []string{"addto", "addproduct", "additem", "delete", "remove", "clear", "update", "subscribe", "unsubscribe", "send", "submit", "cancel", "confirm", "upload", "change", "setproduct", "setdefault", "reorder", "activate", "logout", "checkoutas", "purchase", "placeorder", "apply", "save", "insert", "tobasket", "tocart", "emailwish", "estimate", "revalidate", "validate"}
	gluedEnds   = []string{"tocart", "tobasket", "todelete", "delete", "remove", "accept", "watch", "subscribe", "activation", "activate", "logout", "addcart", "tocompare", "towishlist", "tofavorite", "tofavorites", "revalidate", "revalidateemail", "cancelorder", "unsubscription"}
	// notGlued are ordinary words that only look like one.
	notGlued = map[string]bool{"changes": true, "clearance": true, "clearly": true, "updates": true, "updated": true, "sender": true, "senders": true, "exchange": true, "changelog": true, "confirmed": true, "subscribers": true, "uploads": true, "wristwatch": true, "smartwatch": true, "stopwatch": true, "savers": true, "changer": true, "changepassword": true, "estimates": true, "appliance": true, "appliances": true, "cleared": true}
)

func gluedVerb(w string) string {
	if len(w) < 7 || len(w) > 40 || notGlued[w] {
		return ""
	}
	for _, s := range gluedStarts {
		if strings.HasPrefix(w, s) && len(w) >= len(s)+2 {
			return w
		}
	}
	for _, s := range gluedEnds {
		if strings.HasSuffix(w, s) && len(w) > len(s) {
			return w
		}
	}
	return ""
}

// explains says that the words around a verb make it the title of a page
// about the act: cancel-policy, how-to-buy, order-cancel-guide.
func explains(ws []string, verb string) bool {
	for _, w := range ws {
		switch w {
		case "policy", "guide", "about", "how", "howto", "faq", "help", "terms", "rule", "rules", "info", "information", "flow", "news", "blog", "guideline", "manual":
			return true
		}
	}
	return false
}

// readWords are values of act parameters that only show something.
var readWords = map[string]bool{
	"search": true, "list": true, "view": true, "show": true, "detail": true, "details": true, "index": true, "sort": true, "page": true, "disp": true, "display": true, "browse": true,
	"get": true, "find": true, "filter": true, "login": true, "preview": true, "print": true, "rss": true, "feed": true, "help": true, "lostpassword": true, "rp": true, "retrievepassword": true,
	"resetpass": true, "fetch": true, "load": true, "read": true, "query": true, "suggest": true, "autocomplete": true, "category": true, "product": true, "products": true, "item": true, "items": true, "home": true,
	"top": true, "info": true, "about": true, "faq": true, "sitemap": true, "grid": true, "table": true, "gallery": true, "map": true, "calendar": true, "archive": true,
	"refresh": true, "quickview": true, "history": true, "error": true, "sale": true, "tag": true, "new": true, "register": true, "edit": true, "form": true, "input": true, "create": true, "signup": true, "contact": true,
	"forgot": true, "advanced": true, "results": true, "result": true, "url": true, "manufacturer": true, "banner": true, "image": true, "images": true, "popup": true, "pc": true, "sp": true, "mobile": true, "desktop": true, "light": true, "dark": true,
}

// linkActs are words on links that act when they are followed.
var linkActs = []string{
	"カートに入れ", "カートへ入れ", "カートに追加", "カートへ追加", "カゴに入れ", "かごに入れ", "カゴへ入れ", "かごへ入れ", "カートに戻す", "買い物かごに", "買い物カゴに", "今すぐ購入", "すぐに購入", "今すぐ買", "購入する", "購入を確定", "注文する", "注文を確定", "注文確定",
	"再注文", "ログアウト", "サインアウト", "削除", "退会", "解約", "取消", "取り消", "キャンセル", "空にする", "お気に入りに追加", "お気に入りに登録", "お気に入り追加", "お気に入り登録", "お気に入りから外", "お気に入りに入れ", "予約する", "送信する", "確定する",
	"申し込む", "申込む", "応募する", "投稿する", "更新する", "登録する", "解除", "承認する", "公開する", "有効化", "無効化", "買い物かごへ",
	"add to cart", "add to bag", "add to basket", "add to trolley", "add all to cart", "buy now", "buy it now", "log out", "logout", "log off", "logoff", "sign out", "signout", "delete", "remove", "place order", "complete order", "confirm order",
	"unsubscribe", "empty cart", "clear cart", "add to wish", "add to favo", "add to compar", "move to cart", "move to wish", "save for later", "set as default", "make default", "既定に", "初期値に", "make primary", "reorder", "order again", "cancel", "withdraw", "close account", "deactivate", "send now", "submit", "notify me",
}

// aboutWords make a link text speak about an act instead of doing it.
var aboutWords = []string{"について", "方法", "ポリシー", "規定", "規約", "とは", "よくある", "返品", "ご利用ガイド", "手順", "流れ", "policy", "how to", "policies", "faq", "about", "terms", "?", "？", "できます", "料"}

func textWrites(text string, u *url.URL) string {
	if text == "" {
		return ""
	}
	t := strings.ToLower(text)
	if len(t) > 400 {
		return ""
	}
	for _, w := range linkActs {
		if !strings.Contains(t, w) {
			continue
		}
		if (u == nil || u.RawQuery == "") && hasAny(t, aboutWords...) {
			continue
		}
		if len(t) > len(w)+60 && !strings.Contains(t, " / ") {
			continue // a sentence, not a button
		}
		return "text " + w
	}
	return ""
}

// buttonActs are words on buttons of forms that write. A button of a form acts
// on what was typed, so more words count than on links.
var buttonActs = []string{
	"購入", "注文", "送信", "登録", "退会", "削除", "申し込", "申込", "確定", "解約", "変更", "カート", "かご", "カゴ", "ログアウト", "ログイン", "予約", "問い合わせ", "問合せ", "投稿", "保存", "更新", "追加", "確認", "完了", "支払", "決済", "レジ", "お気に入り", "応募", "同意", "承諾",
	"キャンセル", "取消", "取り消", "コメント", "レビュー", "口コミ", "適用", "発行", "再発行", "解除", "空にする", "買う", "入札", "投票", "通知", "進む", "次へ", "送る", "書き込", "認証", "アップロード", "公開", "承認", "作成", "編集", "実行", "再注文", "受け取", "退出", "移動", "コピー", "複製",
	"buy", "order", "submit", "register", "delete", "remove", "unsubscribe", "subscribe", "cancel", "confirm", "cart", "basket", "bag", "logout", "log out", "log in", "login", "sign in", "sign up", "sign out", "signup", "signin", "checkout", "check out", "pay",
	"save", "update", "send", "post", "create", "add ", "continue", "proceed", "apply", "place", "reset password", "request", "join", "redeem", "wish", "compare", "notify", "vote", "comment", "review", "accept", "agree", "approve", "upload", "download now", "book", "reserve", "estimate", "quote", "edit", "invite", "favorite", "favourite", "move", "copy", "share",
	"reorder", "clear cart", "empty", "activate", "deactivate", "enable", "disable", "install", "change", "complete", "finish", "publish", "import", "start", "get started", "write",
}

func buttonWrites(b string) string {
	t := strings.ToLower(strings.TrimSpace(b))
	if t == "" {
		return ""
	}
	for _, s := range []string{"検索", "search", "さがす", "探す", "絞り込", "絞込", "並べ替え", "並び替え", "filter", "sort"} {
		if strings.Contains(t, s) && !hasAny(t, "保存", "save", "登録", "削除", "delete", "追加", "add") {
			return ""
		}
	}
	if t == "add" {
		return t
	}
	for _, w := range buttonActs {
		if strings.Contains(t, w) {
			return w
		}
	}
	return ""
}

// searchField says that a parameter belongs to searching, sorting or paging.
func searchField(k string) bool {
	l := strings.ToLower(k)
	if queryName.MatchString(l) {
		return true
	}
	for _, w := range words(l) {
		if searchWords[w] {
			return true
		}
	}
	return false
}

var searchWords = map[string]bool{
	"search": true, "query": true, "keyword": true, "keywords": true, "sort": true, "sortby": true, "orderby": true, "order": true, "page": true, "pageno": true, "pagesize": true, "per": true, "limit": true, "offset": true, "category": true, "categories": true, "cat": true,
	"filter": true, "filters": true, "min": true, "max": true, "price": true, "brand": true, "maker": true, "manufacturer": true, "color": true, "colour": true, "size": true, "tag": true, "dir": true, "direction": true, "view": true, "lang": true, "language": true, "locale": true,
	"currency": true, "disp": true, "display": true, "facet": true, "facets": true, "collection": true, "cid": true, "term": true, "q": true, "s": true, "count": true, "perpage": true, "start": true, "from": true, "to": true, "stock": true, "type": true, "inc": true, "subcat": true, "description": true, "criteria": true,
}

func isToken(k string) bool { return tokenName.MatchString(k) }

// readAction says that an act parameter chooses showing.
func readAction(k, v string) bool {
	l := strings.ToLower(k)
	if !actKeys[l] && !pageKeys[l] && !strings.HasSuffix(l, "action") && !strings.HasSuffix(l, "mode") {
		return false
	}
	for _, w := range words(v) {
		if readWords[w] {
			return true
		}
	}
	return v == ""
}

var searchPathWords = map[string]bool{"search": true, "suggest": true, "suggestion": true, "suggestions": true, "autocomplete": true, "find": true, "filter": true, "query": true, "lookup": true, "browse": true, "recommend": true, "recommendations": true, "list": true}

func searchPath(u *url.URL) bool {
	if u == nil {
		return false
	}
	for _, w := range words(u.Path + "/" + u.RawQuery) {
		if searchPathWords[w] {
			return true
		}
	}
	return false
}

func hasQueryField(fields map[string]string, empty bool) bool {
	for k := range fields {
		if searchField(k) {
			return true
		}
	}
	return empty
}

// readAjax knows the calls by POST with which packages fetch what they show.
func readAjax(u *url.URL, fields map[string]string) bool {
	if u == nil {
		return false
	}
	q := u.Query()
	switch q.Get("wc-ajax") {
	case "get_refreshed_fragments", "get_variation":
		return true
	}
	if strings.HasSuffix(u.Path, "/admin-ajax.php") {
		ws := words(fields["action"])
		if len(ws) > 0 && readWords[ws[0]] && verbIn(ws, true) == "" && !hasAny(fields["action"], "coupon", "code", "token", "mail", "point") {
			return true
		}
	}
	return false
}
