package selection

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"miseban/internal/i18n"
)

// File is the file that a selection begins with: who applied, with which
// attributes. docs/selection.md describes it.
type File struct {
	Format     string      `json:"format"` // FileFormat
	Version    int         `json:"version"`
	Synthetic  bool        `json:"synthetic,omitempty"` // made up for trials
	Programme  i18n.Text   `json:"programme"`
	Attributes []Attribute `json:"attributes"`
	Applicants []Applicant `json:"applicants"`
}

// FileFormat marks a file of applicants.
const FileFormat = "miseban-applicants"

// Applicant is one application. Nothing but Attributes, Eligible, Why and the
// pseudonym made from Receipt enters a record.
type Applicant struct {
	Receipt string `json:"receipt"`
	// Operator is the same for all shops of one operator; see Quotas.OnePerOperator.
	Operator   string            `json:"operator,omitempty"`
	Attributes map[string]string `json:"attributes"`
	Eligible   bool              `json:"eligible"`
	Why        []i18n.Text       `json:"why,omitempty"` // not eligible
	// Profile is anything else that the office keeps of the applicant.
	Profile json.RawMessage `json:"profile,omitempty"`
}

// The largest inputs that are read.
const (
	maxBytes      = 256 << 20
	maxApplicants = 100_000
	maxPlaces     = 10_000
	maxAttributes = 12
	maxValues     = 60
	maxFaults     = 10
)

var word = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// ReadFile reads and checks a file of applicants. What is wrong with it comes
// back as Faults.
func ReadFile(r io.Reader) (*File, error) {
	var f File
	if err := decode(r, &f); err != nil {
		return nil, err
	}
	if f.Format != FileFormat {
		return nil, fault(t("応募者のファイルではありません（format が「{format}」）。miseban sample programme で見本を作れます。", "format", f.Format))
	}
	if f.Version != 1 {
		return nil, fault(t("応募者のファイルの版（version {n}）を、この Miseban は読めません。1 の形で書いてください。", "n", num(f.Version)))
	}
	return &f, f.Check()
}

// decode reads one JSON value strictly and puts what is wrong into words.
func decode(r io.Reader, into any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return err
	}
	if len(b) > maxBytes {
		return fault(t("ファイルが大きすぎます（{n} MB まで）。", "n", num(maxBytes>>20)))
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	d.DisallowUnknownFields()
	if err = d.Decode(into); err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("more than one value")
	}
	at := d.InputOffset()
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	} else if errors.As(err, &kind) {
		at = kind.Offset
	}
	at = min(max(at, 0), int64(len(b)))
	line := num(1 + bytes.Count(b[:at], []byte("\n")))
	if kind != nil {
		return fault(t("{line} 行目: {field} に書いた値の種類が違います（{value}）。", "line", line, "field", kind.Field, "value", kind.Value))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fault(t("{line} 行目の近く: {name} という項目はありません。つづりを確かめてください。", "line", line, "name", name))
	}
	return fault(t("{line} 行目: JSON として読めません（{detail}）。", "line", line, "detail", strings.TrimPrefix(err.Error(), "json: ")))
}

// Check looks whether the applicants and their attributes fit together.
func (f *File) Check() error {
	var errs []error
	bad := func(w Words) { errs = append(errs, fault(w)) }
	if len(f.Attributes) == 0 || len(f.Attributes) > maxAttributes {
		bad(t("属性（attributes）は 1〜{n} 個にしてください。", "n", num(maxAttributes)))
	}
	if len(f.Applicants) > maxApplicants {
		bad(t("応募は {n} 件までです。", "n", num(maxApplicants)))
	}
	seen := map[string]bool{}
	for _, a := range f.Attributes {
		if !word.MatchString(a.ID) || seen[a.ID] {
			bad(t("属性の id「{id}」は使えません。英小文字・数字・ハイフンで、重ならないように書いてください。", "id", a.ID))
		}
		seen[a.ID] = true
		if len(a.Values) == 0 || len(a.Values) > maxValues {
			bad(t("属性「{id}」の値（values）は 1〜{n} 個にしてください。", "id", a.ID, "n", num(maxValues)))
		}
		values := map[string]bool{}
		for _, v := range a.Values {
			if !word.MatchString(v.ID) || values[v.ID] {
				bad(t("属性「{attribute}」の値の id「{id}」は使えません。英小文字・数字・ハイフンで、重ならないように書いてください。", "attribute", a.ID, "id", v.ID))
			}
			values[v.ID] = true
		}
	}
	receipts := map[string]bool{}
	for i := range f.Applicants {
		if len(errs) >= maxFaults {
			break
		}
		x := &f.Applicants[i]
		switch {
		case x.Receipt == "" || len(x.Receipt) > 100:
			bad(t("{n} 件目の応募に受付番号（receipt）がありません。", "n", num(i+1)))
		case receipts[x.Receipt]:
			bad(t("受付番号「{receipt}」の応募が2件あります。1件にしてください。", "receipt", x.Receipt))
		}
		receipts[x.Receipt] = true
		for _, a := range f.Attributes {
			switch v := x.Attributes[a.ID]; {
			case v == "":
				bad(t("受付番号「{receipt}」に、属性「{attribute}」の値がありません。", "receipt", x.Receipt, "attribute", a.ID))
			case a.index(v) < 0:
				bad(t("受付番号「{receipt}」の属性「{attribute}」の値「{value}」は、値の一覧にありません。", "receipt", x.Receipt, "attribute", a.ID, "value", v))
			}
		}
		if len(x.Attributes) > len(f.Attributes) {
			for id := range x.Attributes {
				if !seen[id] {
					bad(t("受付番号「{receipt}」に、知らない属性「{attribute}」があります。", "receipt", x.Receipt, "attribute", id))
					break
				}
			}
		}
	}
	return errors.Join(errs...)
}

// index is where a value stands in the attribute, -1: nowhere.
func (a *Attribute) index(value string) int {
	for i := range a.Values {
		if a.Values[i].ID == value {
			return i
		}
	}
	return -1
}

// Write writes v as the JSON of our files: indented, the same bytes each time.
func Write(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}
