package view

import (
	"context"
	"fmt"
	"strings"

	"miseban/internal/account"
)

// payments lists ways of paying in words.
func payments(ctx context.Context, list []string) string {
	var out []string
	for _, p := range list {
		out = append(out, account.Say(account.PaymentMethods, account.Choice(p), lang(ctx)))
	}
	return join(ctx, out)
}

// differences lists what two versions of a shop say differently: name of the
// field, saved, typed.
func differences(ctx context.Context, saved, typed *account.Shop) [][3]string {
	var out [][3]string
	add := func(name, a, b string) {
		if a != b {
			out = append(out, [3]string{name, a, b})
		}
	}
	pick := func(list []account.Option, c account.Choice) string { return account.Say(list, c, lang(ctx)) }
	add(t(ctx, "お店の状態"), pick(account.States, saved.State), pick(account.States, typed.State))
	add(t(ctx, "お店の名前（屋号）"), saved.Name, typed.Name)
	add(t(ctx, "ふりがな"), saved.Kana, typed.Kana)
	add(t(ctx, "アドレス（URL）"), saved.URL, typed.URL)
	add(t(ctx, "会社の正式な名前"), saved.Company, typed.Company)
	add(t(ctx, "法人番号"), saved.Number, typed.Number)
	add(t(ctx, "構築方法"), pick(account.Methods, saved.Method), pick(account.Methods, typed.Method))
	add(t(ctx, "使っている製品"), saved.Package, typed.Package)
	add(t(ctx, "製品のバージョン"), saved.Version, typed.Version)
	add(t(ctx, "ASP・SaaS"), pick(account.Services, saved.Service), pick(account.Services, typed.Service))
	add(t(ctx, "作った会社"), strings.TrimSpace(saved.Builder.Name+" "+saved.Builder.Number), strings.TrimSpace(typed.Builder.Name+" "+typed.Builder.Number))
	add(t(ctx, "保守する会社"), strings.TrimSpace(saved.Maintenance.Name+" "+saved.Maintenance.Number), strings.TrimSpace(typed.Maintenance.Name+" "+typed.Maintenance.Number))
	add(t(ctx, "保守契約"), pick(account.YesNo, saved.Contract), pick(account.YesNo, typed.Contract))
	add(t(ctx, "決済の方法"), payments(ctx, saved.Payments), payments(ctx, typed.Payments))
	add(t(ctx, "決済代行会社"), saved.Provider, typed.Provider)
	add(t(ctx, "業種・扱う商品"), saved.Business, typed.Business)
	add(t(ctx, "年間の売上"), pick(account.Turnovers, saved.Turnover), pick(account.Turnovers, typed.Turnover))
	add(t(ctx, "運営に関わる人数"), pick(account.Staffs, saved.Staff), pick(account.Staffs, typed.Staff))
	add(t(ctx, "緊急連絡先"), contacts(saved.Contacts), contacts(typed.Contacts))
	add(t(ctx, "メモ"), saved.Note, typed.Note)
	return out
}

func contacts(list []account.Contact) string {
	var out []string
	for _, c := range list {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Name, c.Phone, c.Mail)))
	}
	return strings.Join(out, " / ")
}
