package view

import (
	"context"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
)

// CaseShop is how a case gets its shop.
type CaseShop struct {
	ProgrammeHead
	Enrolment store.Enrolment
	Shop      account.Shop // once there is one
	Operator  string
	Alike     []store.PreparedShop
	Links     []account.Link
	Mail      string
	Problems  account.Problems
}

func (f CaseShop) at(part string) string {
	return f.url("/cases/" + string(f.Enrolment.ID) + part)
}

// prepared offers what the office has written down of the shop.
func (f CaseShop) prepared(ctx context.Context) []Choice {
	out := []Choice{{Name: t(ctx, "応募の内容から作る"), Chosen: f.Enrolment.Prepared == ""}}
	for _, p := range f.Alike {
		out = append(out, Choice{Value: string(p.ID), Name: p.Shop.Name + " (" + p.Shop.Host() + ")", Hint: t(ctx, "{day} に準備", "day", Day(p.Created)), Chosen: p.ID == f.Enrolment.Prepared})
	}
	return out
}

// Enrol is an invitation to take part in a programme.
type Enrol struct {
	account.Link
	Token     string
	Programme programme.Programme
	Enrolment store.Enrolment
	Me        *account.Person // nil: nobody signed in
	Own       []account.Organisation
	Shops     []account.Shop
	Person    account.Person
	New       account.Organisation
	Problems  account.Problems
}

// with offers the shops with which to take part; the one at the address of the
// application is chosen.
func (f Enrol) with(ctx context.Context) []Choice {
	var out []Choice
	host := f.Enrolment.Application.Form.Host()
	for i := range f.Shops {
		s := &f.Shops[i]
		out = append(out, Choice{Value: string(s.ID), Name: s.Name, Hint: s.Host(), Chosen: host != "" && s.Host() == host})
	}
	for _, o := range f.Own {
		out = append(out, Choice{Value: "new-" + string(o.ID), Name: t(ctx, "「{organisation}」のお店として、応募の内容で新しく登録する", "organisation", o.Name)})
	}
	if len(out) == 1 {
		out[0].Chosen = true
	}
	return out
}

// ShopCases are the cases of a shop.
type ShopCases struct {
	ShopHead
	List []store.ShopCase
	Now  time.Time
}

// Body is somebody in a programme who may be shown the shop.
type Body struct {
	account.Organisation
	As    account.As
	Shown bool
}

// ShopCase is a case as its shop's people see it.
type ShopCase struct {
	ShopHead
	Case     store.ShopCase
	Known    *store.CaseKnown
	Now      time.Time
	Roles    []account.Role
	Bodies   []Body
	Parts    []Item
	Until    string
	Problems account.Problems
}

func (f ShopCase) url(part string) string {
	return "/shops/" + string(f.Shop.ID) + "/cases/" + string(f.Case.ID) + part
}

// hidden are the bodies that do not see the shop yet.
func (f ShopCase) hidden(ctx context.Context) (out []Choice) {
	for _, b := range f.Bodies {
		if !b.Shown {
			out = append(out, Choice{Value: string(b.ID), Name: b.Name, Hint: as(ctx, b.As), Chosen: true})
		}
	}
	return out
}

// conditionsFrom are those of the moves that go on from a step, each once.
func conditionsFrom(s programme.Step) (out []programme.Condition) {
	for _, m := range programme.Moves {
		if m.From != s || m.Back || m.Ending == programme.EndingStopped || m.Ending == programme.EndingDeclined {
			continue
		}
		for _, c := range m.If {
			if !slices.ContainsFunc(out, func(x programme.Condition) bool { return x.Key == c.Key }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// place is where the shop's people see to a condition; "" when it is not theirs.
func (f ShopCase) place(ctx context.Context, key string) (url, name string) {
	shop := "/shops/" + string(f.Shop.ID)
	switch key {
	case "self-check":
		if f.Case.Programme.Edition == "" {
			return shop + "/checklists", t(ctx, "チェックリストに答える")
		}
		return shop + "/checklists/" + f.Case.Programme.Edition, t(ctx, "チェックリストに答える")
	case "environment", "hosting", "windows", "waf":
		return f.url("/sheet"), t(ctx, "診断環境シートを開く")
	case "call", "minutes":
		return f.url("/gate"), t(ctx, "診断の準備のページを開く")
	case "consent", "accounts":
		return shop + "/consent", t(ctx, "同意・テスト用アカウントのページを開く")
	case "diagnosed":
		return shop + "/diagnoses", t(ctx, "診断のページを開く")
	case "released":
		return shop + "/findings", t(ctx, "検出事項のページを開く")
	}
	return "", ""
}

// stepHelp says to the shop's people what happens at a step.
func stepHelp(ctx context.Context, s programme.Step) string {
	switch s {
	case programme.Step1:
		return t(ctx, "チェックリストと、診断環境についての質問に答えてください。答えをもとに、事務局がヒアリングの準備をします。")
	case programme.Step2:
		return t(ctx, "事務局が、チェックリストの答えについてお話を伺います。診断の同意とテスト用アカウントは、ヒアリングまでに用意してください。")
	case programme.Step3:
		return t(ctx, "決めた時間帯に、診断会社がサイトを診断します。サイトの構成を変えるときは、先に事務局に知らせてください。")
	case programme.Step4:
		return t(ctx, "診断の結果を報告会で説明します。助言ごとに、対応するかどうかを決めてください。")
	case programme.Step5:
		return t(ctx, "報告会から約3か月の間に行った対策を伺います。")
	case programme.StepApplication, programme.StepEligibility, programme.StepSelection:
		return t(ctx, "事務局が応募の内容を確かめています。していただくことは、いまはありません。")
	}
	return ""
}

// turn says for whom a case waits, to people of the shop, its contractor or the firm.
func turn(ctx context.Context, p programme.Party, roles []account.Role) (words string, mine bool) {
	has := func(rs ...account.Role) bool {
		return slices.ContainsFunc(rs, func(r account.Role) bool { return slices.Contains(roles, r) })
	}
	switch {
	case p == programme.WaitsShop && has(account.Executive, account.Practitioner), p == programme.WaitsBuilder && has(account.Maintainer),
		p == programme.WaitsFirm && has(account.Diagnostician, account.Reviewer), p == programme.WaitsOffice && has(account.Clerk, account.Approver):
		return t(ctx, "あなたの対応を待っています"), true
	case p == programme.WaitsNobody:
		return "", false
	}
	return t(ctx, "{who}の対応待ち", "who", p.Name(lang(ctx))), false
}

// contactWords is where people ask, in one line.
func contactWords(c programme.Contact) string {
	out := c.Name
	for _, x := range []string{c.Mail, c.Phone} {
		if x != "" {
			out += " " + x
		}
	}
	return strings.TrimSpace(out)
}
