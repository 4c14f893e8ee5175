package probe

import "miseban/internal/i18n"

// Markers is the registry that t's run shares.
func (t *Target) Markers() *Registry { return t.work.Markers }

// Hindered is the error for a target at which every value that would tell was refused.
func Hindered(t *Target) error {
	return unsettled(t, nil, "確認のための値がすべて遮られたため、判定できません", "every value that would tell was refused")
}

// Words names the place where the value enters, for a person.
func (t *Target) Words() i18n.Text {
	n := t.Name
	switch t.Via {
	case ViaCookie:
		return i18n.Text{JA: "Cookie「" + n + "」", EN: "the cookie " + n}
	case ViaHeader:
		return i18n.Text{JA: "リクエストヘッダ「" + n + "」", EN: "the request header " + n}
	case ViaPath:
		return i18n.Text{JA: "URL のパス（" + n + "）", EN: "the path of the address (" + n + ")"}
	case ViaName:
		return i18n.Text{JA: "パラメータの名前", EN: "the name of a parameter"}
	case ViaJSON:
		return i18n.Text{JA: "JSON の項目「" + n + "」", EN: "the JSON value " + n}
	case ViaXML:
		return i18n.Text{JA: "XML の項目「" + n + "」", EN: "the XML value " + n}
	case ViaForm, ViaMultipart:
		return i18n.Text{JA: "入力欄「" + n + "」", EN: "the form field " + n}
	case ViaFragment:
		return i18n.Text{JA: "URL の # 以降（" + n + "）", EN: "the fragment of the address (" + n + ")"}
	}
	return i18n.Text{JA: "パラメータ「" + n + "」", EN: "the parameter " + n}
}
