package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/web/view"
	"miseban/internal/wire"
)

// agreementFile hands out a recorded consent as a paper to print, in either language.
func (s *Server) agreementFile(w http.ResponseWriter, v *visit) error {
	id := account.ID(v.PathValue("consent"))
	if !id.Valid() {
		return errNoPage
	}
	c, err := s.db.Consent(v.Context(), v.Shop.ID, id)
	if err != nil {
		return err
	}
	l, err := i18n.ParseLang(v.URL.Query().Get("in"))
	if err != nil {
		l = v.Lang
	}
	var b bytes.Buffer
	if err := pdf.WriteLetter(&b, s.agreement(v, c, l)); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="miseban-consent-%s-%s.pdf"`, c.Given.In(report.Tokyo()).Format("20060102"), l))
	if _, err = w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "an agreement was not sent whole", "error", err)
	}
	return nil
}

// agreement puts a consent into words as a paper.
func (s *Server) agreement(v *visit, c *account.Consent, l i18n.Lang) *report.Document {
	ctx := view.With(v.Context(), &view.Frame{Lang: l})
	t := func(ja string, kv ...string) string {
		args := i18n.Args{}
		for i := 0; i+1 < len(kv); i += 2 {
			args[kv[i]] = kv[i+1]
		}
		return i18n.T(l, ja, args)
	}
	var what []report.Fact
	for _, r := range view.ConsentFacts(ctx, c) {
		what = append(what, report.Fact{Name: r.Name, Value: r.Value})
	}
	who := []report.Fact{
		{Name: t("同意した人"), Value: c.Person}, {Name: t("同意した組織"), Value: c.Organisation}, {Name: t("同意した日時"), Value: view.Moment(c.Given)},
		{Name: t("本人の確認"), Value: t("Miseban にサインインし、同意の直前（15分以内）にパスワードまたはパスキーで確認")},
		{Name: t("記録の番号"), Value: string(c.ID)}, {Name: t("文面の版"), Value: fmt.Sprint(c.Terms)},
	}
	switch {
	case c.Successor != "":
		who = append(who, report.Fact{Name: t("状態"), Value: t("{at} に、新しい同意に置き換えられました。", "at", view.Moment(c.Withdrawn)), Tone: report.Warn})
	case !c.Withdrawn.IsZero():
		who = append(who, report.Fact{Name: t("状態"), Value: t("{at} に取り消されました。", "at", view.Moment(c.Withdrawn)), Tone: report.Warn})
	case !c.Stands(s.now()):
		who = append(who, report.Fact{Name: t("状態"), Value: t("期限が過ぎています。"), Tone: report.Warn})
	}
	terms := []string{
		t("リクエストは、上の速さを超えて送りません。お店の応答が遅くなったとき、エラーが続いたときは、自動で速さを落とすか、止まります。"),
		t("お店の人は、いつでも診断を止め、同意を取り消せます。止めてから2秒以内に、リクエストの送信が終わります。"),
		t("上の接続先のほかには送りません。ただし、表示に必要な画像などは、訪問者のブラウザと同じように読み込みます。"),
		t("送ったリクエストは、日時、宛先、応答を、書き換えると分かる台帳に残します。お店の人は、いつでも見られます。"),
		t("見聞きした内容のうち、パスワード、カード番号、メールアドレスなどは、伏せて保存します。"),
	}
	if c.Level > wire.Safe {
		terms = append(terms, t("ドメインを管理していることを、診断のたびに確かめます。確かめられないときは、弱点を探す値を送りません。"))
	}
	terms = append(terms,
		t("サーバの事業者への届け出や許可は、お店が確かめます。"),
		t("診断で問題が見つからなくても、お店が安全であることの保証にはなりません。法令上の義務を判断するものでもありません。"))
	sign := report.Table{Head: []string{"", t("お店（{organisation}）", "organisation", c.Organisation), t("診断を行う人")}, Widths: []float64{1, 3, 3}}
	for _, row := range []string{t("日付"), t("役職と氏名"), t("署名または記名押印")} {
		sign.Rows = append(sign.Rows, []report.Cell{{Text: row}, {Text: "\n\n"}, {Text: "\n\n"}})
	}
	return &report.Document{
		Lang: l, Title: t("ウェブサイト診断の同意書"), Subtitle: v.Shop.Name + "　" + v.Shop.URL, Shop: v.Shop.URL, Made: s.now(), Run: report.RunFacts{Version: s.opt.Version},
		Sections: []report.Section{
			{ID: "what", Title: t("同意の内容"), Blocks: []report.Block{report.Facts{Rows: what}}},
			{ID: "how", Title: t("診断で行うこと、行わないこと"), Blocks: []report.Block{report.Prose{Markdown: view.LevelHint(ctx, c.Level)}}},
			{ID: "terms", Title: t("約束ごと"), Blocks: []report.Block{report.Prose{Markdown: "- " + strings.Join(terms, "\n- ")}}},
			{ID: "who", Title: t("同意した人"), Blocks: []report.Block{
				report.Facts{Rows: who},
				report.Prose{Markdown: t("この書面は、Miseban に記録された同意を印刷したものです。記録だけで診断を始められますが、社内の決裁や診断会社との取り決めで署名が要るときは、次の欄を使ってください。")},
				sign,
			}},
		},
	}
}
