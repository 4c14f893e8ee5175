package probe

import "miseban/internal/i18n"

// Markers is the registry of the run.
func (t *Target) Markers() *Registry { return t.work.Markers }

// Hindered is the error for a target at which a protection stands before the handler.
func Hindered(t *Target) error {
	return unsettled(t, nil, "防御機能が値を遮ったため、判定を控えました", "a protection refused a value")
}

var viaWords = map[Via]i18n.Text{
	ViaQuery:     {JA: "パラメータ「{name}」", EN: "the parameter {name}"},
	ViaForm:      {JA: "フォームの項目「{name}」", EN: "the form field {name}"},
	ViaMultipart: {JA: "フォームの項目「{name}」", EN: "the form field {name}"},
	ViaJSON:      {JA: "JSON の項目「{name}」", EN: "the JSON member {name}"},
	ViaXML:       {JA: "XML の要素「{name}」", EN: "the XML element {name}"},
	ViaCookie:    {JA: "Cookie「{name}」", EN: "the cookie {name}"},
	ViaHeader:    {JA: "リクエストヘッダ「{name}」", EN: "the request header {name}"},
	ViaPath:      {JA: "アドレスの一部（{name}）", EN: "a part of the address ({name})"},
	ViaFragment:  {JA: "アドレスの # 以降", EN: "the part of the address after #"},
	ViaName:      {JA: "パラメータの名前", EN: "the name of a parameter"},
}

// Words name the place for a person.
func (t *Target) Words() i18n.Text {
	w := viaWords[t.Via]
	args := i18n.Args{"name": t.Name}
	return i18n.Text{JA: i18n.Format(w.JA, args), EN: i18n.Format(w.EN, args)}
}
