package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// What admit and handlers answer with, beside the store's words.
var (
	errNoPage    = errors.New("no such page")
	errMethod    = errors.New("method not allowed")
	errForbidden = errors.New("forbidden")
	errSignIn    = errors.New("not signed in")
	errConfirm   = errors.New("not confirmed lately")
	errSetUp     = errors.New("not set up")
	errForeign   = errors.New("a form of another site")
	errTooMany   = errors.New("too many tries")
	errHeld      = errors.New("held back by the shop")
	errForm      = errors.New("the form cannot be read")
)

// fail answers an error: with a way on where there is one, else with a page
// that says what happened and what to do.
func (s *Server) fail(w http.ResponseWriter, v *visit, err error) {
	if v == nil {
		return
	}
	if errors.Is(err, context.Canceled) && v.Context().Err() != nil {
		return // nobody waits for the answer any more
	}
	back := v.URL.RequestURI()
	if v.Method != http.MethodGet {
		if back = referer(v.Request); back == "" {
			back = "/"
		}
	}
	switch {
	case errors.Is(err, errSetUp):
		http.Redirect(w, v.Request, "/setup", http.StatusSeeOther)
		return
	case errors.Is(err, errSignIn) && wantsPage(v):
		to := "/sign-in"
		if back != "/" {
			to += "?to=" + url.QueryEscape(back)
		}
		http.Redirect(w, v.Request, to, http.StatusSeeOther)
		return
	case errors.Is(err, errConfirm) && wantsPage(v):
		http.Redirect(w, v.Request, "/confirm?to="+url.QueryEscape(back), http.StatusSeeOther)
		return
	}
	status, title, text := s.explain(v, err)
	if status >= 500 {
		s.log.ErrorContext(v.Context(), "a request failed", "method", v.Method, "error", err)
	}
	if !wantsPage(v) {
		http.Error(w, title, status)
		return
	}
	if err := s.page(w, v, status, view.Failure(title, text)); err != nil { // the store is away: the frame does without it
		v.Actor = nil
		_ = s.page(w, v, status, view.Failure(title, text))
	}
}

// wantsPage is false for requests of scripts, which would put a page into a page.
func wantsPage(v *visit) bool {
	return v.Header.Get("Content-Type") != "application/json" && v.Header.Get("HX-Request") == ""
}

// explain puts an error into words for people.
func (s *Server) explain(v *visit, err error) (status int, title, text string) {
	var large *http.MaxBytesError
	var problems account.Problems
	if status, title, text, known := explainSelection(v, err); known {
		return status, title, text
	}
	switch {
	case errors.Is(err, errNoPage), errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, v.t("ページが見つかりません"), v.t("アドレスが違うか、見る権限がありません。")
	case errors.Is(err, errLinkOver):
		return http.StatusGone, v.t("この招待は使えません"), v.t("期限が過ぎたか、取り消されたか、すでに使われています。招待した人に、もう一度頼んでください。")
	case errors.Is(err, errStaffState):
		return http.StatusBadRequest, v.t("サインインの続きが見つかりません"), v.t("時間がたったか、ほかの画面で始め直されています。はじめから、やり直してください。")
	case errors.Is(err, errStaffUnknown):
		return http.StatusForbidden, v.t("このアカウントの利用者が見つかりません"), v.t("Miseban にふだんの方法でサインインし、「アカウント」の「社内アカウント」で結び付けてください。利用登録がまだのときは、組織の責任者から招待を受けてください。")
	case errors.Is(err, errStaffTaken):
		return http.StatusConflict, v.t("このアカウントは、ほかの利用者に結び付いています"), v.t("ご自分のアカウントか確かめてください。わからないときは、運用者に知らせてください。")
	case errors.Is(err, errStaffAway):
		return http.StatusBadGateway, v.t("社内アカウントを確かめられません"), v.t("少し待ってから、やり直すか、ほかの方法でサインインしてください。続くときは、運用者に知らせてください。")
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed, v.t("この操作はできません"), v.t("前のページに戻って、やり直してください。")
	case errors.Is(err, errHeld):
		return http.StatusForbidden, v.t("お店が公開していません"), v.t("このチェックリストの回答は、お店の責任者が公開したときだけ読めます。必要なときは、お店に頼んでください。")
	case errors.Is(err, errForbidden):
		return http.StatusForbidden, v.t("この操作をする権限がありません"), v.t("必要なときは、組織の責任者に役割の変更を頼んでください。")
	case errors.Is(err, errSignIn):
		return http.StatusUnauthorized, v.t("サインインしてください"), ""
	case errors.Is(err, errConfirm):
		return http.StatusUnauthorized, v.t("ご本人の確認が必要です"), ""
	case errors.Is(err, errForeign):
		return http.StatusForbidden, v.t("ほかのサイトからの操作は受け付けません"), v.t("Miseban のページを開き直して、操作してください。")
	case errors.Is(err, errTooMany):
		return http.StatusTooManyRequests, v.t("しばらく待ってからやり直してください"), v.t("短い間に何度も操作があったため、受付を休んでいます。1分ほどで再開します。")
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, v.t("送られた内容が大きすぎます"), v.t("文章を短くするか、ファイルを小さくしてください。")
	case errors.Is(err, errForm), errors.As(err, &problems):
		return http.StatusBadRequest, v.t("入力を読み取れません"), v.t("前のページに戻って、やり直してください。")
	case errors.Is(err, store.ErrCrowded):
		return http.StatusConflict, v.t("このお店の診断がいくつも待っています"), v.t("終わるのを待つか、要らないものを「診断」のページで中止してから、やり直してください。")
	case errors.Is(err, store.ErrConflict):
		return http.StatusConflict, v.t("先にほかの人が変更しました"), v.t("前のページを開き直すと、今の内容が見えます。そのうえで、必要ならもう一度変更してください。")
	case errors.Is(err, store.ErrTooMuch):
		return http.StatusConflict, v.t("資料をこれ以上登録できません"), v.t("1つの質問に 20 件まで、お店全体で 200 MB までです。要らない資料を削除してください。")
	case errors.Is(err, store.ErrLast):
		return http.StatusConflict, v.t("責任者がいなくなるため、変更できません"), v.t("先に、ほかの人を責任者にしてください。")
	case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrReadOnly):
		return http.StatusInsufficientStorage, v.t("保存できませんでした"), v.t("記録を置く場所に空きがないか、書き込めません。運用者に知らせてください。")
	case errors.Is(err, store.ErrUnreachable), errors.Is(err, store.ErrBusy):
		return http.StatusServiceUnavailable, v.t("データベースが応答しません"), v.t("少し待ってから、やり直してください。続くときは、運用者に知らせてください。")
	}
	return http.StatusInternalServerError, v.t("処理できませんでした"), v.t("Miseban の側に問題があります。続くときは、運用者に知らせてください。")
}
