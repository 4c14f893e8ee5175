package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"miseban/internal/crawl"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/selection"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// explain puts an error into the user's words where its cause is known, with
// what to do about it; the rest is shown as it is.
func (a *app) explain(err error) string {
	var seed *crawl.SeedError
	if errors.As(err, &seed) {
		place := seed.Name
		if line, ok := strings.CutPrefix(seed.Place, "line "); ok {
			place += ":" + line
		} else if seed.Place != "" {
			place += " (" + seed.Place + ")"
		}
		return place + ": " + seed.Reason.In(a.lang)
	}
	if faults := guideline.Faults(err); len(faults) > 0 {
		said := make([]string, len(faults))
		for i, f := range faults {
			said[i] = visible(f.In(a.lang))
		}
		return strings.Join(said, "\n")
	}
	if faults := selection.Faults(err); len(faults) > 0 {
		said := make([]string, len(faults))
		for i, f := range faults {
			said[i] = visible(f.In(a.lang))
		}
		return strings.Join(said, "\n")
	}
	detail := visible(err.Error())
	var fault *wire.Fault
	if errors.As(err, &fault) {
		return a.faultText(fault)
	}
	for _, x := range []struct {
		is  error
		say string
	}{
		{wire.ErrAuthority, a.t("自分のコンピュータ以外を診断するには、誰が求めた診断かを示す必要があります。\n--authority \"組織名 / 氏名\" を付けるか、miseban scope new で範囲のファイルを作ってください。\n許可を得ていないサイトは診断しないでください。")},
		{wire.ErrConsent, a.t("active と full の診断には、ドメインを管理していることの確認と、記録された同意が必要です。")},
		{wire.ErrSecret, a.t("テスト用アカウントのパスワードを読めません（{detail}）。", "detail", detail)},
		{wire.ErrOptOut, a.t("このサイトの持ち主は、診断を受けないことを選んでいます。")},
		{wire.ErrProvider, a.t("クラウドや ASP の事業者の許可が必要です。許可を得たら、範囲のファイルの provider_permission に書いてください。")},
		{wire.ErrBudget, a.t("リクエスト数などの上限に達しました。--budget か、範囲のファイルの budget で増やせます。")},
		{wire.ErrWindow, a.t("合意した時間帯の外です。")},
		{wire.ErrNoHost, a.t("ホスト名が見つかりません。綴りを確認してください（{detail}）。", "detail", detail)},
		{store.ErrKey, a.t("鍵のファイル（{file}）が壊れているか、記録を保存したときの鍵と違います。控えから戻してください。\n控えがなければ、--data に別のフォルダを指定すると新しく始められます。", "file", a.keyFile())},
		{store.ErrNewer, a.t("データベース（{file}）は、新しいバージョンの Miseban で作られています。Miseban を新しくするか、--data に別のフォルダを指定してください。", "file", a.databaseShown())},
		{store.ErrHalf, a.t("データベース（{file}）への復元が、途中で止まっています。このデータベースを消して、もう一度 miseban restore で復元してください。", "file", a.databaseShown())},
		{store.ErrForeign, a.t("{file} は Miseban のデータベースではないか、壊れています。控えから戻すか、--database に別のファイルを指定してください。", "file", a.databaseShown())},
		{store.ErrBusy, a.t("別の miseban が、同じ診断か同じデータベースを使っています。終わってからやり直してください。")},
		{store.ErrFull, a.t("記録を書き込めません。ディスクの空きを確かめてください（{file}）。", "file", a.databaseShown())},
		{store.ErrUnreachable, a.t("データベースのサーバ（{file}）に接続できません。アドレスと権限、動いているかを確かめてください。", "file", a.databaseShown())},
		{store.ErrReadOnly, a.t("データベース（{file}）に書き込めません。ファイルとフォルダの権限を確かめるか、--data に書き込めるフォルダを指定してください。", "file", a.databaseShown())},
		{intel.ErrOlder, a.t("その弱点情報は、このバージョンに含まれているものより古いため使いません。")},
		{intel.ErrSignature, a.t("弱点情報の署名が正しくありません。配布元から入手し直してください。")},
		{context.Canceled, a.t("利用者の操作で止めました。")},
	} {
		if errors.Is(err, x.is) {
			return x.say
		}
	}
	return a.explainFile(err, detail)
}

// explainFile is explain for what the operating system refused.
func (a *app) explainFile(err error, detail string) string {
	name := ""
	var path *fs.PathError
	if errors.As(err, &path) {
		name = path.Path
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return a.t("ディスクの空きがないため、書き込めません（{detail}）。", "detail", detail)
	case errors.Is(err, syscall.EFBIG):
		return a.t("ファイルの大きさの上限（ulimit -f など）に達したため、書き込めません（{detail}）。", "detail", detail)
	case errors.Is(err, syscall.EROFS):
		return a.t("読み取り専用のため、書き込めません（{detail}）。", "detail", cmp.Or(name, detail))
	case name == "":
		return detail
	case errors.Is(err, fs.ErrNotExist):
		return a.t("{file} が見つかりません。", "file", name)
	case errors.Is(err, fs.ErrPermission):
		return a.t("{file} を使う権限がありません。", "file", name)
	case errors.Is(err, syscall.EISDIR):
		return a.t("{file} はフォルダです。ファイルを指定してください。", "file", name)
	case errors.Is(err, syscall.ENOTDIR):
		return a.t("{file} の途中にフォルダではないものがあります。", "file", name)
	}
	return detail
}

// because says in a few words why the gate would not open an address.
func (a *app) because(err error) string {
	for _, x := range []struct {
		is  error
		say string
	}{
		{wire.ErrOutOfScope, a.t("hosts に含まれていません")},
		{wire.ErrExcluded, a.t("exclude に含まれています")},
		{wire.ErrLevel, a.t("合意したレベルを超えます")},
		{wire.ErrMethod, a.t("許されない方法（メソッド）です")},
		{wire.ErrWindow, a.t("合意した時間帯の外です")},
	} {
		if errors.Is(err, x.is) {
			return x.say
		}
	}
	return err.Error()
}

// join makes a list for reading: 「a、b」, "a, b".
func (a *app) join(words []string) string {
	if a.lang == i18n.EN {
		return strings.Join(words, ", ")
	}
	return strings.Join(words, "、")
}

// say tells the user something beside the output, wrapped to the terminal.
func (a *app) say(text string) {
	for _, line := range strings.Split(text, "\n") {
		lead := line[:leadOf(line)]
		if n := columns(a.err); n > 0 {
			line = hang(lead, line[len(lead):], n)
		}
		fmt.Fprintln(a.err, line)
	}
}
