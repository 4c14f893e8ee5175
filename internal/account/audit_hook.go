package account

import "miseban/internal/i18n"

// The verbs of receivers of tickets.
const (
	HookSet     Verb = "hook.set"
	HookRemoved Verb = "hook.removed"
	HookSent    Verb = "hook.sent"
)

var hookVerbs = map[Verb]i18n.Text{
	HookSet:     {JA: "チケットの送り先を登録", EN: "Receiver of tickets set"},
	HookRemoved: {JA: "チケットの送り先を削除", EN: "Receiver of tickets removed"},
	HookSent:    {JA: "チケットを送信", EN: "Ticket sent"},
}
