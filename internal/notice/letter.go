package notice

import (
	"strconv"
	"strings"

	"miseban/internal/i18n"
)

// Reader is to whom a mail is written, and where Miseban is.
type Reader struct {
	Lang   i18n.Lang
	Name   string
	Public string // of this Miseban, https://…; "" when it is not known
}

func (r *Reader) say(t i18n.Text, kv ...string) string {
	args := i18n.Args{"public": r.Public, "name": line(r.Name)}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.Format(t.In(r.Lang), args)
}

var letterTexts = struct {
	dear, many, digest, why, foot, change, office i18n.Text
}{
	dear:   i18n.Text{JA: "{name} 様\n\n", EN: "Dear {name},\n\n"},
	many:   i18n.Text{JA: "[Miseban] お知らせ {n} 件", EN: "[Miseban] {n} notices"},
	digest: i18n.Text{JA: "[Miseban] まだ読んでいない通知 {n} 件", EN: "[Miseban] {n} unread {n:notice|notices}"},
	why:    i18n.Text{JA: "  届いた理由: {why}\n", EN: "  Why you get this: {why}\n"},
	foot:   i18n.Text{JA: "--\nこのメールは、Miseban 店番（{public}）が自動で送りました。\n", EN: "--\nSent automatically by Miseban ({public}).\n"},
	office: i18n.Text{JA: "--\nこのメールは、「{programme}」の事務局が Miseban 店番（{public}）から送りました。応募のときのメールアドレスに届いています。\n", EN: "--\nSent by the office of {programme} with Miseban ({public}), to the address of your application.\n"},
	change: i18n.Text{JA: "メールの届き方を変えるには: {public}/account/notices\n", EN: "To choose what comes by mail: {public}/account/notices\n"},
}

// Item is a note with the name of its shop.
type Item struct {
	Note
	ShopName string
}

// Compose writes the mail that tells somebody of notes: at once, or what came
// together in a day.
func Compose(r *Reader, digest bool, items []Item) (subject, text string) {
	var b strings.Builder
	b.WriteString(r.say(letterTexts.dear))
	var first string
	for i := range items {
		n := &items[i]
		said := line(n.Say(r.Lang, n.ShopName))
		if i == 0 || n.Kind == Emergency && items[0].Kind != Emergency {
			first = said
		}
		b.WriteString("* " + said + "\n")
		if to := n.Target(); to != "" && r.Public != "" {
			b.WriteString("  " + r.Public + to + "\n")
		}
		b.WriteString(r.say(letterTexts.why, "why", n.Kind.Why(r.Lang)) + "\n")
	}
	b.WriteString(r.say(letterTexts.foot) + r.say(letterTexts.change))
	n := strconv.Itoa(len(items))
	switch {
	case digest:
		subject = r.say(letterTexts.digest, "n", n)
	case len(items) == 1 || strings.HasPrefix(first, "【") || strings.HasPrefix(first, "EMERGENCY"):
		subject = "[Miseban] " + first
	default:
		subject = r.say(letterTexts.many, "n", n)
	}
	return subject, b.String()
}

// Letter is a mail that is not made of notes: it holds a link that is a secret,
// and goes to an address that may have no account.
type Letter struct {
	About string            `json:"about"`
	Lang  i18n.Lang         `json:"lang"`
	URL   string            `json:"url,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
	// Of a letter of an office: what it wrote, with a second person's approval.
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
}

// What letters are about.
const (
	LetterJoin  = "join"
	LetterOffer = "offer"
	LetterReset = "reset"
	LetterAlarm = "alarm"
	LetterTrial = "trial"
	// To a contractor who answers a request by link, and to who answers a question.
	LetterReply    = "reply"
	LetterDelegate = "delegate"

	LetterOffice = "office" // what the office of a programme wrote itself

	LetterEnrol = "enrol" // to who applied: take part with the shop

	LetterApply     = "apply"     // the link by which to apply to a programme
	LetterReceived  = "received"  // an application was sent
	LetterWithdrawn = "withdrawn" // an application was taken back
)

var letters = map[string]struct{ subject, text i18n.Text }{
	LetterJoin: {
		i18n.Text{JA: "[Miseban]「{organisation}」への招待", EN: "[Miseban] Invitation to {organisation}"},
		i18n.Text{
			JA: "{from} さんから、Miseban の「{organisation}」への招待が届いています。\n\n次の URL を開き、内容を確かめてから承諾してください（期限 {until}）。\n{url}\n\n開いただけでは何も起きません。心当たりがなければ、このメールを捨ててください。\nこのメールは、{from} さんがあなたのアドレスを入力したために届きました。\n",
			EN: "{from} invites you to join {organisation} on Miseban.\n\nOpen this address, see what it is for, and accept (until {until}).\n{url}\n\nOpening it does nothing by itself. If you do not expect this, throw it away.\nYou get this because {from} typed your address.\n",
		},
	},
	LetterOffer: {
		i18n.Text{JA: "[Miseban]「{shop}」の仕事への招待", EN: "[Miseban] Invitation to work for {shop}"},
		i18n.Text{
			JA: "{from} さんから、「{shop}」を任せる招待が届いています。\n\n次の URL を開き、内容を確かめてから承諾してください（期限 {until}）。\n{url}\n\n開いただけでは何も起きません。心当たりがなければ、このメールを捨ててください。\nこのメールは、{from} さんがあなたのアドレスを入力したために届きました。\n",
			EN: "{from} invites your organisation to work for {shop} on Miseban.\n\nOpen this address, see what it is for, and accept (until {until}).\n{url}\n\nOpening it does nothing by itself. If you do not expect this, throw it away.\nYou get this because {from} typed your address.\n",
		},
	},
	LetterReset: {
		i18n.Text{JA: "[Miseban] パスワードの再設定", EN: "[Miseban] Choose a new password"},
		i18n.Text{
			JA: "{from} さんが、あなたのパスワードを決め直すための URL を作りました（期限 {until}）。\n{url}\n\n頼んだ覚えがなければ、開かずに {from} さんに確かめてください。今のパスワードは、決め直すまで変わりません。\nこのメールは、あなたの Miseban のアカウントに関わるために届きました。止めることはできません。\n",
			EN: "{from} made a link with which you choose a new password (until {until}).\n{url}\n\nIf you did not ask for it, do not open it and ask {from}. Your password stays until you choose another.\nYou get this because it concerns your account on Miseban; it cannot be turned off.\n",
		},
	},
	LetterAlarm: {
		i18n.Text{JA: "【緊急速報】「{shop}」{danger}", EN: "EMERGENCY at {shop}: {danger}"},
		i18n.Text{
			JA: "{contact} 様\n\n「{shop}」の診断で、{danger}が見つかりました（{at}）。\n\nまずすること:\n{first}\n\nこの知らせを受け取ったら、次の URL を開いて「確認しました」を押してください。\n{url}\n{minutes} 分以内に確認がないときは、次の緊急連絡先と運用者に知らせます。\n\n場所などの詳しい内容は、Miseban にサインインして確かめてください: {public}\n\nこのメールは、あなたが「{shop}」の緊急連絡先に登録されているために届きました。登録は、お店の担当者が「お店の情報」で変えられます。\n",
			EN: "Dear {contact},\n\nA diagnosis of {shop} found {danger} ({at}).\n\nWhat to do first:\n{first}\n\nWhen you have read this, open the address below and press \"I have seen it\".\n{url}\nWithout that within {minutes} minutes, the next contact and the operator are told.\n\nSign in to Miseban to see where it is: {public}\n\nYou get this because you are an emergency contact of {shop}. The shop's people can change that on the page of the shop.\n",
		},
	},
	LetterReply: {
		i18n.Text{JA: "【{shop}】セキュリティ対策のお願い（{due} までにご回答ください）", EN: "{shop}: request to mend security findings (please answer by {due})"},
		i18n.Text{
			JA: "{company}\n{person} 様\n\n{organisation}の{from}です。「{shop}」のセキュリティ診断で見つかった {n} 件について、対策をお願いします。\n\n次の URL を開くと、内容を見て、項目ごとに方針・予定日・見積を回答できます。サインインは要りません。途中で保存し、あとで続けられます。\n{url}\n\n回答の期限: {due}\nURL の期限: {until}\n\nこの URL を知っている人は、誰でも内容を見て回答できます。担当の方だけで扱ってください。\nこのメールは、{from} さんが依頼先としてあなたのアドレスを入力したために届きました。心当たりがなければ、捨ててください。\n",
			EN: "{company}\nDear {person},\n\nThis is {from} of {organisation}. A diagnosis of {shop} found {n} {n:fault|faults} that we ask you to deal with.\n\nOpen this address to read them and to answer each: how, by when, at what price. You need not sign in, and you can save and go on later.\n{url}\n\nPlease answer by {due}. The address works until {until}.\n\nWhoever knows the address can read and answer. Please keep it to those in charge.\nYou get this because {from} typed your address. If you do not expect it, throw it away.\n",
		},
	},
	LetterDelegate: {
		i18n.Text{JA: "【{shop}】セキュリティの質問への回答のお願い", EN: "{shop}: please answer a question on security"},
		i18n.Text{
			JA: "{person} 様\n\n{organisation}の{from}です。「{shop}」のセキュリティの取り組みについて、次の質問への回答をお願いします。\n\n{question}\n\n次の URL から回答できます。サインインは要りません。\n{url}\n\nURL の期限: {until}\n\nこの URL を知っている人は、誰でも回答できます。ほかの人に渡さないでください。\nこのメールは、{from} さんが回答をお願いする方としてあなたのアドレスを入力したために届きました。心当たりがなければ、捨ててください。\n",
			EN: "Dear {person},\n\nThis is {from} of {organisation}. Please answer a question on how {shop} looks after its security.\n\n{question}\n\nAnswer at this address; you need not sign in.\n{url}\n\nIt works until {until}.\n\nWhoever knows the address can answer. Please do not pass it on.\nYou get this because {from} typed your address. If you do not expect it, throw it away.\n",
		},
	},
	LetterApply: {
		i18n.Text{JA: "[Miseban]「{programme}」応募のページの URL", EN: "[Miseban] Your link for applying: {programme}"},
		i18n.Text{
			JA: "「{programme}」の応募のページの URL です。\n\n次の URL を開き、ボタンを押してメールアドレスの確認を済ませてください（期限 {until}）。\n{url}\n\n開いただけでは何も起きません。この URL を知っている人は応募の内容を見て変えられるので、ほかの人に渡さないでください。\n\nこのメールは、公募のページであなたのアドレスが入力されたために届きました。心当たりがなければ、このメールを捨ててください。\n",
			EN: "This is your link for applying to {programme}.\n\nOpen it and press the button to confirm your address (until {until}).\n{url}\n\nOpening it does nothing by itself. Who has this address can read and change your application: do not pass it on.\n\nYou get this because your address was typed on the page of the call. If you do not expect it, throw it away.\n",
		},
	},
	LetterReceived: {
		i18n.Text{JA: "[Miseban]「{programme}」応募を受け付けました（受付番号 {receipt}）", EN: "[Miseban] Application received: {programme} (number {receipt})"},
		i18n.Text{
			JA: "「{programme}」への応募を受け付けました。\n\n受付番号: {receipt}\nEC サイト: {shop}\n受け付けた日時: {at}\n\n内容の確認と取り下げは、次の URL からできます。\n{url}\n\nこのメールは、あなたのアドレスで応募が送信されたために届きました。\n",
			EN: "Your application to {programme} was received.\n\nNumber: {receipt}\nShop: {shop}\nReceived: {at}\n\nRead or withdraw it here:\n{url}\n\nYou get this because an application was sent with your address.\n",
		},
	},
	LetterWithdrawn: {
		i18n.Text{JA: "[Miseban]「{programme}」応募を取り下げました（受付番号 {receipt}）", EN: "[Miseban] Application withdrawn: {programme} (number {receipt})"},
		i18n.Text{
			JA: "「{programme}」への応募を取り下げました。\n\n受付番号: {receipt}\nEC サイト: {shop}\n取り下げた日時: {at}\n\n{url}\n\n取り下げた覚えがなければ、公募のページの問い合わせ先に連絡してください。\nこのメールは、あなたのアドレスで応募が取り下げられたために届きました。\n",
			EN: "Your application to {programme} was withdrawn.\n\nNumber: {receipt}\nShop: {shop}\nWithdrawn: {at}\n\n{url}\n\nIf this was not you, write to the contact on the page of the call.\nYou get this because an application with your address was withdrawn.\n",
		},
	},
	LetterEnrol: {
		i18n.Text{JA: "【{programme}】参加の登録のお願い（受付番号 {number}）", EN: "{programme}: please register your shop (number {number})"},
		i18n.Text{
			JA: "{company}\n{person} 様\n\n「{programme}」の事務局です。「{shop}」（受付番号 {number}）の参加の登録をお願いします。\n\n次の URL を開き、どのお店で参加するかを選んでください。はじめての方は、利用の登録もこの URL からできます（期限 {until}）。\n{url}\n\n開いただけでは何も起きません。登録しても、お店の情報を誰に見せるか、診断してよいかは、お店の責任者が別に決めます。\nこのメールは、「{programme}」への応募のアドレスに届きました。心当たりがなければ、捨ててください。\n",
			EN: "{company}\nDear {person},\n\nThis is the office of {programme}. Please register {shop} (number {number}) for it.\n\nOpen this address and choose with which shop you take part. If you are new here, register at the same address (until {until}).\n{url}\n\nOpening it does nothing by itself. Who sees your shop, and whether it may be diagnosed, is decided by your shop afterwards.\nYou get this because an application to {programme} named your address. If you do not expect it, throw it away.\n",
		},
	},
	LetterTrial: {
		i18n.Text{JA: "[Miseban] メールの送信の確認", EN: "[Miseban] Trying to send mail"},
		i18n.Text{
			JA: "Miseban からメールを送れることを確かめるためのメールです。\nこのメールは、運用の画面で「試しに送る」を押したために届きました。\n",
			EN: "This mail shows that Miseban can send mail.\nYou get it because you pressed the button on the operator's page.\n",
		},
	},
}

// Write is the letter in words. public is where Miseban is.
func (x *Letter) Write(public string) (subject, text string) {
	if x.About == LetterOffice {
		r := &Reader{Lang: x.Lang, Public: public}
		return line(x.Subject), x.Text + "\n\n" + r.say(letterTexts.office, "programme", line(x.Args["programme"]))
	}
	t := letters[x.About]
	args := i18n.Args{"public": public, "url": x.URL}
	for k, v := range x.Args {
		args[k] = strings.ReplaceAll(line(v), "://", " ") // a name must not become a link
	}
	if d := Danger(x.Args["danger"]); d.Valid() {
		args["danger"], args["first"] = d.Name(x.Lang), d.First(x.Lang)
	}
	r := &Reader{Lang: x.Lang, Public: public}
	return line(i18n.Format(t.subject.In(x.Lang), args)), i18n.Format(t.text.In(x.Lang), args) + "\n" + r.say(letterTexts.foot)
}
