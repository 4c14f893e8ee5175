package selection

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"miseban/internal/i18n"
)

// Record is a choice with all it rests on: pseudonymous, and enough to make
// the same choice again.
type Record struct {
	Format  string `json:"format"` // RecordFormat
	Version int    `json:"version"`
	// Engine is the version of the search; another one may choose otherwise.
	Engine  int     `json:"engine"`
	Call    Call    `json:"call"`
	Outcome Outcome `json:"outcome"`
	// Digest is the SHA-256 of the record's bytes with an empty Digest.
	Digest string `json:"digest"`
}

// RecordFormat marks a record.
const RecordFormat = "miseban-selection"

const engine = 1

// Call is all that a choice is made from.
type Call struct {
	Programme i18n.Text `json:"programme"`
	Synthetic bool      `json:"synthetic,omitempty"`
	// At is when the choice was made, if its maker says so; it changes nothing.
	At         string      `json:"at,omitempty"`
	Places     int         `json:"places"`
	Seed       string      `json:"seed"`
	Commitment string      `json:"commitment"` // of the seed, published before the call closed
	Attributes []Attribute `json:"attributes"`
	Quotas     Quotas      `json:"quotas"`
	Effort     Effort      `json:"effort"`
	Marks      []Mark      `json:"marks,omitempty"`
	Applicants []Line      `json:"applicants"`
}

// Mark is a decision of the office about one applicant, before the choice.
type Mark struct {
	ID   string `json:"id"` // pseudonym
	Pin  bool   `json:"pin"`
	Note string `json:"note"`
}

// Line is an applicant in a record.
type Line struct {
	ID       string      `json:"id"`
	Values   []string    `json:"values"` // in the order of the attributes
	Eligible bool        `json:"eligible"`
	Why      []i18n.Text `json:"why,omitempty"`
	Operator string      `json:"operator,omitempty"` // pseudonym
}

// Outcome is what the choice came to.
type Outcome struct {
	Deviation int    `json:"deviation"`
	Bound     int    `json:"bound"` // no choice has a smaller deviation
	Gap       string `json:"gap"`   // (deviation − bound) / deviation
	Proved    bool   `json:"proved"`
	// Nodes and Exchanges are what the search looked at.
	Nodes     int           `json:"nodes"`
	Exchanges int           `json:"exchanges"`
	Aims      []Aim         `json:"aims"`
	Rules     []RuleOutcome `json:"rules,omitempty"`
	Marks     *MarkCosts    `json:"marks,omitempty"`
	Chosen    []string      `json:"chosen"`
	Reserves  []string      `json:"reserves"` // first to be asked first
	Waiting   []string      `json:"waiting"`
	Decisions []Decision    `json:"decisions"`
	Log       []i18n.Text   `json:"log"`
}

// RuleOutcome is how many a hard rule found chosen.
type RuleOutcome struct {
	Name   string `json:"name"`
	Min    *int   `json:"min,omitempty"`
	Max    *int   `json:"max,omitempty"`
	Chosen int    `json:"chosen"`
}

// MarkCosts is what the office's decisions cost in balance.
type MarkCosts struct {
	Without int        `json:"without"` // deviation without any mark
	Proved  bool       `json:"proved"`  // Without and all costs are exact
	Each    []MarkCost `json:"each,omitempty"`
}

// MarkCost is by how much the deviation would fall if this one mark were taken back.
type MarkCost struct {
	ID   string `json:"id"`
	Cost int    `json:"cost"`
}

// Fate is what became of an applicant.
type Fate string

// The fates.
const (
	Chosen      Fate = "chosen"
	Reserve     Fate = "reserve"
	Waiting     Fate = "waiting"
	Barred      Fate = "barred"
	Represented Fate = "represented" // another shop of the operator stands for it
	Ineligible  Fate = "ineligible"
)

// Name says the fate in language l.
func (f Fate) Name(l i18n.Lang) string {
	switch f {
	case Chosen:
		return i18n.T(l, "選定した", nil)
	case Reserve:
		return i18n.T(l, "補欠", nil)
	case Waiting:
		return i18n.T(l, "補欠の次の待機", nil)
	case Barred:
		return i18n.T(l, "対象から除外", nil)
	case Represented:
		return i18n.T(l, "同じ事業者の別サイトが対象", nil)
	}
	return i18n.T(l, "資格なし", nil)
}

// Decision is what became of one applicant, and why.
type Decision struct {
	ID     string    `json:"id"`
	Fate   Fate      `json:"fate"`
	Rank   int       `json:"rank,omitempty"` // of reserves and waiting
	Lot    string    `json:"lot"`
	Reason i18n.Text `json:"reason"`
}

// seal sets the digest.
func (r *Record) seal() error {
	r.Digest = ""
	b, err := r.bytes()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	r.Digest = "sha256:" + hex.EncodeToString(sum[:])
	return nil
}

func (r *Record) bytes() ([]byte, error) {
	var b bytes.Buffer
	err := Write(&b, r)
	return b.Bytes(), err
}

// ReadRecord reads a record and refuses one whose bytes are not those that
// were written.
func ReadRecord(in io.Reader) (*Record, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxBytes+1))
	if err != nil {
		return nil, err
	}
	var r Record
	if err := decode(bytes.NewReader(b), &r); err != nil {
		return nil, err
	}
	if r.Format != RecordFormat {
		return nil, fault(t("選定の記録ではありません（format が「{format}」）。miseban select が書いたファイルを指定してください。", "format", r.Format))
	}
	if r.Version != 1 || r.Engine != engine {
		return nil, fault(t("この記録（version {version}、engine {engine}）は、この Miseban ではやり直せません。記録を作った版の Miseban を使ってください。", "version", num(r.Version), "engine", num(r.Engine)))
	}
	claimed := r.Digest
	if err := r.seal(); err != nil {
		return nil, err
	}
	again, err := r.bytes()
	if err != nil {
		return nil, err
	}
	if r.Digest != claimed || !bytes.Equal(again, b) {
		return nil, fault(t("記録が書き換えられています。中身から計算した値（{is}）が、記録にある値（{was}）と違います。書き換えられていない記録を使ってください。", "is", r.Digest, "was", claimed))
	}
	return &r, nil
}

// Rerun makes the choice of a record again and returns the new record, which
// must be the same to the byte.
func (r *Record) Rerun() (*Record, error) {
	again, err := r.Call.Select()
	if err != nil {
		return nil, err
	}
	if again.Digest != r.Digest {
		return nil, fault(t("記録にある結果は、記録にある応募と条件からは出てきません。やり直すと digest は {is} になります（記録は {was}）。", "is", again.Digest, "was", r.Digest))
	}
	return again, nil
}
