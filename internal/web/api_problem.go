package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/store"
)

// What the API refuses with, beside what pages do.
var (
	errToken   = errors.New("no token, or one that is not good")
	errMatch   = errors.New("no revision was named")
	errChanged = errors.New("the revision is another by now")
	errKeyUsed = errors.New("the key was used for another request")
)

// scopeError says for what the token would have to be meant.
type scopeError account.Scope

// Error names the scope, for logs.
func (e scopeError) Error() string { return "the token lacks " + string(e) }

// problem is an error as RFC 9457 has it. Type says in a word of ours what it
// is, whatever the language.
type problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Errors []fault `json:"errors,omitempty" nullable:"false"`
}

// fault is what is wrong with one field.
type fault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error is what went wrong, for logs.
func (p *problem) Error() string { return p.Type + ": " + p.Title }

// GetStatus is the status of the answer.
func (p *problem) GetStatus() int { return p.Status }

// ContentType is how the answer says that it is a problem.
func (p *problem) ContentType(string) string { return "application/problem+json" }

func isNone(err error) bool { return errors.Is(err, store.ErrNotFound) }

// problemOf puts an error into words for programs, and into those of pages
// where they do for programs, too.
func (s *Server) problemOf(v *visit, err error) *problem {
	status, title, text := s.explain(v, err)
	p := &problem{Type: "internal", Title: title, Status: status, Detail: text}
	say := func(status int, kind, title, text string) {
		p.Status, p.Type, p.Title, p.Detail = status, kind, title, text
	}
	var problems account.Problems
	var scope scopeError
	switch {
	case errors.Is(err, errToken):
		say(http.StatusUnauthorized, "token", v.t("API トークンが必要です"), v.t("Authorization: Bearer に、期限内のトークンを付けてください。取り消したトークンは使えません。"))
	case errors.As(err, &scope):
		say(http.StatusForbidden, "scope", v.t("このトークンではできません"), v.t("{scope} のあるトークンが必要です。", "scope", string(scope)))
	case errors.Is(err, errForbidden):
		say(status, "forbidden", title, v.t("トークンを作った人の役割では、この操作はできません。"))
	case errors.Is(err, errNoPage), errors.Is(err, store.ErrNotFound):
		say(status, "not-found", v.t("対象が見つかりません"), text)
	case errors.Is(err, errMatch):
		say(http.StatusPreconditionRequired, "precondition", v.t("変更する前の版を示してください"), v.t("読んだときの ETag を、If-Match に付けてください。"))
	case errors.Is(err, errChanged), errors.Is(err, store.ErrConflict) && v.Header.Get("If-Match") != "":
		say(http.StatusPreconditionFailed, "changed", v.t("先にほかの人が変更しました"), v.t("もう一度読んで、必要なら、新しい ETag で変更してください。"))
	case errors.Is(err, errKeyUsed):
		say(http.StatusConflict, "key", v.t("この Idempotency-Key は、ほかの内容に使われました"), v.t("内容を変えて頼むときは、新しい Idempotency-Key を使ってください。"))
	case errors.Is(err, store.ErrCrowded):
		say(status, "crowded", title, text)
	case errors.Is(err, store.ErrConflict):
		say(status, "conflict", v.t("今の状態では、この操作はできません"), v.t("もう一度読んで、今の状態を確かめてください。"))
	case errors.Is(err, errTooMany):
		say(status, "rate", title, v.t("短い間に何度も使われました。Retry-After の秒数を待ってください。"))
	case errors.Is(err, errMethod):
		say(status, "method", title, "")
	case errors.Is(err, errSetUp):
		say(http.StatusServiceUnavailable, "unavailable", v.t("Miseban の利用がまだ始まっていません"), "")
	case errors.As(err, &problems):
		say(http.StatusUnprocessableEntity, "invalid", v.t("内容を確かめてください"), "")
		for _, x := range problems {
			p.Errors = append(p.Errors, fault{x.Field, x.In(v.Lang)})
		}
		if len(problems) > 0 {
			p.Detail = problems[0].In(v.Lang)
		}
	case status == http.StatusServiceUnavailable:
		p.Type = "unavailable"
	case status == http.StatusInsufficientStorage:
		p.Type = "full"
	}
	if p.Status >= 500 {
		s.log.ErrorContext(v.Context(), "a request of the API failed", "method", v.Method, "error", err)
	}
	return p
}

// refuse answers a request that goes no further, and says with which status.
func (s *Server) refuse(w http.ResponseWriter, v *visit, err error) int {
	p := s.problemOf(v, err)
	h := w.Header()
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Content-Language", string(v.Lang))
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the program went away
	return p.Status
}

// badRequest is what huma says of a request that the description forbids, in
// our words. Values are not repeated: they may be secret.
func badRequest(l i18n.Lang, status int, errs []error) *problem {
	p := &problem{Type: "invalid", Title: i18n.T(l, "内容を確かめてください", nil), Status: status}
	switch {
	case status == http.StatusRequestEntityTooLarge:
		p.Type, p.Title = "too-large", i18n.T(l, "送られた内容が大きすぎます", nil)
	case status == http.StatusUnsupportedMediaType, status == http.StatusNotAcceptable:
		p.Type, p.Title = "media", i18n.T(l, "使える形式は application/json です", nil)
	case status >= 500:
		p.Type, p.Title = "internal", i18n.T(l, "処理できませんでした", nil)
		return p
	}
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			p.Errors = append(p.Errors, fault{d.Location, faultOf(d.Message).In(l)})
		}
	}
	if len(p.Errors) == 0 {
		p.Detail = i18n.T(l, "JSON として読み取れないか、内容がありません。", nil)
	}
	return p
}

// faultOf is a message of huma's in a sentence of ours.
func faultOf(message string) account.Reason {
	switch {
	case strings.Contains(message, "required"):
		return account.Reason{Message: "必要な項目がありません。"}
	case strings.HasPrefix(message, "unexpected property"), strings.HasPrefix(message, "unknown query"):
		return account.Reason{Message: "この名前の項目はありません。"}
	case strings.HasPrefix(message, "expected value to be one of"):
		_, words, _ := strings.Cut(message, `"`)
		return account.Reason{Message: "使える値は {words} です。", Args: i18n.Args{"words": strings.TrimSuffix(words, `"`)}}
	case strings.HasPrefix(message, "expected length"), strings.HasPrefix(message, "expected number"), strings.HasPrefix(message, "expected array length"):
		return account.Reason{Message: "長さか大きさが範囲の外です。"}
	}
	return account.Reason{Message: "形を読み取れません。"}
}

// answerWord is what an answer with a status is, for the description of the API.
func answerWord(status int, l i18n.Lang) string {
	switch status {
	case http.StatusOK:
		return i18n.T(l, "応答", nil)
	case http.StatusCreated:
		return i18n.T(l, "作成しました", nil)
	}
	return i18n.T(l, "できなかったときの説明（RFC 9457）", nil)
}
