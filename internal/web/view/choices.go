package view

import (
	"context"
	"slices"

	"miseban/internal/account"
)

// kinds are the kinds of organisations to choose from.
func kinds(ctx context.Context, now account.Kind, platform bool) []Choice {
	var out []Choice
	for _, k := range account.Kinds {
		if k != account.Platform || platform {
			out = append(out, Choice{Value: string(k), Name: k.Name(lang(ctx)), Chosen: k == now})
		}
	}
	return out
}

// rolesOf are the roles that an organisation can give.
func rolesOf(ctx context.Context, k account.Kind, now []account.Role) []Choice {
	var out []Choice
	for _, r := range account.RolesIn(k) {
		out = append(out, Choice{Value: string(r), Name: r.Name(lang(ctx)), Hint: r.Duty(lang(ctx)), Chosen: slices.Contains(now, r)})
	}
	return out
}

func organisations(list []account.Organisation) []Choice {
	var out []Choice
	for i, o := range list {
		out = append(out, Choice{Value: string(o.ID), Name: o.Name, Chosen: i == 0})
	}
	return out
}

// options are the answers of a list of a shop's form.
func options(ctx context.Context, list []account.Option, now ...account.Choice) []Choice {
	var out []Choice
	for _, o := range list {
		out = append(out, Choice{Value: string(o.Choice), Name: o.In(lang(ctx)), Chosen: slices.Contains(now, o.Choice)})
	}
	return out
}

func choices(list []string) []account.Choice {
	var out []account.Choice
	for _, s := range list {
		out = append(out, account.Choice(s))
	}
	return out
}

// as says what a shop asks of another organisation.
func as(ctx context.Context, a account.As) string {
	switch a {
	case account.AsContractor:
		return t(ctx, "制作・保守の作業")
	case account.AsFirm:
		return t(ctx, "診断")
	case account.AsOffice:
		return t(ctx, "事業での支援")
	}
	return ""
}

func allAs(ctx context.Context, now account.As) []Choice {
	return []Choice{
		{Value: string(account.AsContractor), Name: t(ctx, "制作・保守の作業"), Hint: t(ctx, "検出事項を見て、対策し、チェックリストのうち任された質問に答えます。"), Chosen: now == account.AsContractor},
		{Value: string(account.AsFirm), Name: t(ctx, "診断"), Hint: t(ctx, "診断を行い、結果を判断します。このお店を作っている会社には頼めません。"), Chosen: now == account.AsFirm},
		{Value: string(account.AsOffice), Name: t(ctx, "事業での支援"), Hint: t(ctx, "事務局が、お店の状況を見て支援します。"), Chosen: now == account.AsOffice},
	}
}
