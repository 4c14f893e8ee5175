package web

import (
	"fmt"
	"strconv"
	"strings"

	"miseban/internal/report"
	"miseban/internal/store"
)

// ticket is a finding as Markdown, to copy into the list of tasks of whoever mends it.
func ticket(v *visit, f *store.Finding, x *report.Finding) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "- %s: %s\n", name, value)
		}
	}
	part := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, strings.TrimSpace(text))
		}
	}
	fmt.Fprintf(&b, "# [%s] %s\n\n", x.SeverityName, x.Title)
	line(v.t("お店"), v.Shop.Name)
	line(v.t("場所"), code(x.Place+" "+x.Parameter))
	line(v.t("アドレス"), code(x.Method+" "+x.URL))
	line(v.t("対応期限"), f.Due)
	if x.CWE > 0 {
		line(v.t("分類"), "CWE-"+strconv.Itoa(x.CWE))
	}
	line("CVSS", strings.TrimSpace(x.CVSS31+" "+x.CVSS40))
	part(v.t("見つかったこと"), x.Seen)
	if x.Proof != nil {
		part(v.t("確かめた方法"), x.Proof.Text(v.Lang))
	}
	if x.Excerpt != "" {
		part(v.t("該当箇所"), fence(x.Excerpt))
	}
	for _, e := range x.Evidence[:min(1, len(x.Evidence))] {
		part(v.t("証跡"), fence(e.RequestHead+"\n\n"+e.ResponseHead))
	}
	part(v.t("なぜ問題か"), x.Why)
	part(v.t("直し方: サイトを運用する方"), x.Operator)
	part(v.t("直し方: 開発会社"), x.Developer)
	var refs []string
	for _, r := range x.References {
		refs = append(refs, strings.TrimSpace("- "+r.Text+" "+r.URL))
	}
	part(v.t("参考"), strings.Join(refs, "\n"))
	return b.String()
}

func code(s string) string {
	s = strings.Join(strings.Fields(report.Visible(s)), " ")
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "`", "'") + "`"
}

// fence is a block of code that nothing in it can end.
func fence(s string) string {
	mark := "```"
	for strings.Contains(s, mark) {
		mark += "`"
	}
	return mark + "\n" + strings.TrimSpace(s) + "\n" + mark
}
