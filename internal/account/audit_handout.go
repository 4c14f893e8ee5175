package account

import "miseban/internal/i18n"

// ContractMarked: a shop noted what its contract with a contractor settles.
const ContractMarked Verb = "contract.marked"

var handoutVerbs = map[Verb]i18n.Text{
	ContractMarked: {JA: "契約の確認を保存", EN: "What the contract settles saved"},
}
