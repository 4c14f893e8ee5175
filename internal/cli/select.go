package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/report/xlsx"
	"miseban/internal/selection"
)

// selectFlags are what miseban select takes.
type selectFlags struct {
	from, record                string
	places                      int
	seed, commitment, quotas    string
	pins, bars                  []string
	nodes                       int
	out, pdf, xlsx, list, chain string
}

// selection chooses places among the applicants of a file, or makes the choice of
// a record again.
func (a *app) selection() *cobra.Command {
	var s selectFlags
	cmd := a.command("select", func(cmd *cobra.Command, _ []string) error {
		r, f, err := a.chosen(cmd, &s)
		if err != nil {
			return err
		}
		if err := a.file(s.out, func(w io.Writer) error { return selection.Write(w, r) }); err != nil {
			return err
		}
		doc := report.Selection(r, a.lang)
		for _, x := range []struct {
			name  string
			write func(io.Writer) error
		}{
			{s.pdf, func(w io.Writer) error { return pdf.WriteLetter(w, doc) }},
			{s.xlsx, func(w io.Writer) error { return xlsx.WriteTables(w, doc) }},
			{s.list, func(w io.Writer) error { return a.writeList(w, f, r) }},
		} {
			if x.name == "" {
				continue
			}
			if err := a.file(x.name, x.write); err != nil {
				return err
			}
		}
		if s.chain != "" {
			if err := chain(s.chain, r); err != nil {
				return err
			}
		}
		a.saySelection(r)
		return nil
	})
	f := cmd.Flags()
	f.StringVar(&s.from, "from", "", a.t("応募者のファイル（miseban sample programme で見本を作成）"))
	f.StringVar(&s.record, "record", "", a.t("選定の記録。もう一度選び直し、同じ結果になることを確かめる"))
	f.IntVar(&s.places, "places", 0, a.t("選ぶ数"))
	f.StringVar(&s.seed, "seed", "", a.t("くじの種。募集を締め切る前に決め、ハッシュ値を公開しておく"))
	f.StringVar(&s.commitment, "commitment", "", a.t("公開した、種のハッシュ値。合わなければ選ばない"))
	f.StringVar(&s.quotas, "quotas", "", a.t("属性ごとの目標と規則のファイル（省略すると、どの値もなるべく同じ数）"))
	f.StringArrayVar(&s.pins, "pin", nil, a.t("必ず選ぶ応募（受付番号=理由、何度でも）"))
	f.StringArrayVar(&s.bars, "bar", nil, a.t("選ばない応募（受付番号=理由、何度でも）"))
	f.IntVar(&s.nodes, "nodes", selection.DefaultEffort.Nodes, a.t("最適かどうかを確かめる場合分けの上限"))
	f.StringVarP(&s.out, "out", "o", "", a.t("記録を書き出すファイル（省略すると標準出力）"))
	f.StringVar(&s.pdf, "pdf", "", a.t("記録を PDF でも書き出すファイル"))
	f.StringVar(&s.xlsx, "xlsx", "", a.t("記録を Excel でも書き出すファイル"))
	f.StringVar(&s.list, "list", "", a.t("受付番号ごとの結果を書き出す CSV（事務局用。公開しない）"))
	f.StringVar(&s.chain, "log", "", a.t("選んだことを1行ずつ書き足すファイル"))
	return cmd
}

// chosen is the record that the flags ask for, and the applicants where they are known.
func (a *app) chosen(cmd *cobra.Command, s *selectFlags) (*selection.Record, *selection.File, error) {
	if (s.from == "") == (s.record == "") {
		return nil, nil, errors.New(a.t("応募者のファイル（--from）か、やり直す記録（--record）のどちらかを指定してください。"))
	}
	if s.record != "" {
		for _, name := range []string{"places", "seed", "commitment", "quotas", "pin", "bar", "nodes", "list"} {
			if cmd.Flags().Changed(name) {
				return nil, nil, errors.New(a.t("--record では、記録と同じ条件で選び直します。--{name} は指定できません。", "name", name))
			}
		}
		r, err := reading(s.record, selection.ReadRecord)
		if err != nil {
			return nil, nil, err
		}
		again, err := r.Rerun()
		return again, nil, err
	}
	f, err := reading(s.from, selection.ReadFile)
	if err != nil {
		return nil, nil, err
	}
	o := &selection.Order{Places: s.places, Seed: s.seed, Commitment: s.commitment, Effort: selection.DefaultEffort}
	o.Effort.Nodes = s.nodes
	if s.quotas != "" {
		q, err := reading(s.quotas, selection.ReadQuotas)
		if err != nil {
			return nil, nil, err
		}
		o.Quotas = *q
	}
	for _, list := range []struct {
		flags []string
		pin   bool
	}{{s.pins, true}, {s.bars, false}} {
		for _, x := range list.flags {
			receipt, note, _ := strings.Cut(x, "=")
			o.Marks = append(o.Marks, selection.Mark{ID: strings.TrimSpace(receipt), Pin: list.pin, Note: strings.TrimSpace(note)})
		}
	}
	call, err := f.Call(o)
	if err != nil {
		return nil, nil, err
	}
	r, err := call.Select()
	return r, f, err
}

func reading[T any](name string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(name)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	return read(f)
}

// saySelection tells in a few lines what a selection came to.
func (a *app) saySelection(r *selection.Record) {
	o := &r.Outcome
	a.say(a.t("{all} 件の応募から {n} 件を選びました。補欠 {reserves} 件、次の待機 {waiting} 件。", "all", fmt.Sprint(len(r.Call.Applicants)), "n", fmt.Sprint(len(o.Chosen)), "reserves", fmt.Sprint(len(o.Reserves)), "waiting", fmt.Sprint(len(o.Waiting))))
	a.say(a.t("目標とのずれ {deviation}、下限 {bound}、差 {gap}: {quality}", "deviation", fmt.Sprint(o.Deviation), "bound", fmt.Sprint(o.Bound), "gap", o.Gap, "quality", report.SelectionQuality(o, a.lang)))
	if m := o.Marks; m != nil {
		a.say(a.t("指定と除外がなければ、ずれは {n} でした。", "n", fmt.Sprint(m.Without)))
	}
	a.say(a.t("種のハッシュ値: {commitment}", "commitment", r.Call.Commitment))
	a.say(a.t("記録のハッシュ値: {digest}", "digest", r.Digest))
}

// writeList writes who was chosen by receipt number, for the office.
func (a *app) writeList(w io.Writer, f *selection.File, r *selection.Record) error {
	fate := map[string]*selection.Decision{}
	for i := range r.Outcome.Decisions {
		fate[r.Outcome.Decisions[i].ID] = &r.Outcome.Decisions[i]
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // Excel reads UTF-8 only with it
		return err
	}
	c := csv.NewWriter(w)
	rows := [][]string{{a.t("受付番号"), "ID", a.t("結果"), a.t("順位"), a.t("理由")}}
	for _, x := range f.Applicants {
		d := fate[selection.Pseudonym(r.Call.Seed, x.Receipt)]
		rank := ""
		if d.Rank > 0 {
			rank = fmt.Sprint(d.Rank)
		}
		rows = append(rows, []string{cellText(x.Receipt), d.ID, d.Fate.Name(a.lang), rank, d.Reason.In(a.lang)})
	}
	return c.WriteAll(rows)
}

// cellText keeps a spreadsheet from reading a text as a formula.
func cellText(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// chain adds a line about a record to a log. Each line holds the digest of the
// one before, so that none can be taken out unseen.
func chain(name string, r *selection.Record) error {
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	line, err := selection.LogLine(old, bytes.Count(old, []byte("\n"))+1, r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Close())
}
