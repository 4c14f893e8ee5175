package testshop

import (
	"crypto/sha512"
	"encoding/base64"
	"net/http"
)

// cdnFiles are what the delivery network serves: small scripts of our own.
var cdnFiles = map[string]string{
	"/slider-4.2.0.js":    "\"use strict\";\ndocument.querySelectorAll(\".tiles\").forEach(function (t) { t.dataset.slider = \"on\"; });\n",
	"/tag-manager.js":     "\"use strict\";\nwindow.chayaTags = window.chayaTags || [];\n",
	"/chat-2.1.js":        "\"use strict\";\nwindow.chayaChat = { open: function () {} };\n",
	"/address-fill-3.js":  "\"use strict\";\ndocument.querySelectorAll(\"input[name=postal_code]\").forEach(function (f) { f.dataset.fill = \"address\"; });\n",
	"/form-assist-efo.js": "\"use strict\";\ndocument.querySelectorAll(\"form input\").forEach(function (f) { f.addEventListener(\"blur\", function () { f.dataset.efo = f.value ? \"ok\" : \"empty\"; }); });\n",
	"/stackpath.bootstrapcdn.com/bootstrap/3.4.1/js/bootstrap.min.js": "/* stands for a library file */\n",
	"/code.jquery.com/jquery-3.3.1.min.js":                            "/* stands for a library file */\n",
}

func integrity(body string) string {
	sum := sha512.Sum384([]byte(body))
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

// CDN returns the delivery network that the shop's pages name: another host's handler.
func CDN() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := cdnFiles[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Write([]byte(body)) // the browser may have gone
	})
}

// PSP returns the payment provider's handler: a card form in a page of its own
// and the script that turns card fields into a token. It never keeps anything.
func PSP() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /frame", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Write([]byte(`<!DOCTYPE html><html lang="ja"><head><meta charset="UTF-8"><title>カード番号の入力</title></head><body><h1>カード番号の入力</h1><form method="post" action="/token"><p><label>カード番号 <input name="number" inputmode="numeric" autocomplete="cc-number" maxlength="19"></label></p><p><label>有効期限 <input name="expires" autocomplete="cc-exp" maxlength="5"></label></p><p><label>セキュリティコード <input type="password" name="code" autocomplete="cc-csc" maxlength="4"></label></p><button type="submit">次へ</button></form></body></html>`))
	})
	mux.HandleFunc("GET /token.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write([]byte("\"use strict\";\nwindow.pspToken = { version: 2 };\n"))
	})
	return mux
}
