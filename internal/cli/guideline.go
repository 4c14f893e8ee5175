package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"miseban/internal/guideline"
	"miseban/internal/report/oscal"
	"miseban/internal/report/xlsx"
)

func (a *app) guideline() *cobra.Command {
	var dir string
	group := a.command("guideline", nil)
	group.PersistentFlags().StringVar(&dir, "editions", "", a.t("追加・修正した版を置いたフォルダ"))
	group.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := cmd.Root().PersistentPreRunE(cmd, args); err != nil || dir == "" {
			return err
		}
		_, err := os.Stat(dir)
		return err
	}
	load := func(args []string) (*guideline.Edition, error) {
		id := "ipa-ec-2023"
		if len(args) > 0 {
			id = args[0]
		}
		var e *guideline.Edition
		var err error
		if dir != "" {
			e, err = guideline.Load(id, os.DirFS(dir))
		} else {
			e, err = guideline.Load(id)
		}
		if errors.Is(err, guideline.ErrUnknownEdition) {
			return nil, errors.New(a.t("「{id}」という版はありません。一覧は miseban guideline list で確認できます。", "id", id))
		}
		return e, err
	}
	list := a.command("guideline list", func(*cobra.Command, []string) error {
		all, err := guideline.All()
		if dir != "" {
			all, err = guideline.All(os.DirFS(dir))
		}
		if err != nil {
			return err
		}
		var rows [][]string
		for _, e := range all {
			rows = append(rows, []string{e.ID, a.t("要件 {n}", "n", fmt.Sprint(len(e.Requirements))), e.Title.In(a.lang)})
		}
		table(a.out, rows)
		return nil
	})
	show := a.command("guideline show", func(_ *cobra.Command, args []string) error {
		e, err := load(args[:min(1, len(args))])
		if err != nil {
			return err
		}
		if len(args) > 1 {
			return a.showRequirement(e, args[1])
		}
		for i := range e.Parts {
			p := &e.Parts[i]
			a.printf("%s\n", p.Title.In(a.lang))
			var rows [][]string
			for _, r := range e.RequirementsOf(p.ID) {
				rows = append(rows, []string{"  " + r.ID, r.Number, r.Title.In(a.lang)})
			}
			table(a.out, rows)
		}
		return nil
	})
	var format, out string
	exporting := a.command("guideline export", func(_ *cobra.Command, args []string) error {
		e, err := load(args)
		if err != nil {
			return err
		}
		write, ok := map[string]func(io.Writer) error{
			"json":           func(w io.Writer) error { return export(w, e, "json") },
			"yaml":           func(w io.Writer) error { return export(w, e, "yaml") },
			"xlsx":           func(w io.Writer) error { return xlsx.WriteEdition(w, e, a.lang) },
			"oscal-catalog":  func(w io.Writer) error { return oscal.Catalog(w, e, time.Now(), a.lang) },
			"ciso-assistant": func(w io.Writer) error { return library(w, e) },
			"oscal-profile":  func(w io.Writer) error { return oscal.Profile(w, e, time.Now(), a.lang) },
		}[format]
		if !ok {
			return errors.New(a.t("--format の「{name}」は使えません。{names} から選んでください。", "name", format, "names", a.join([]string{"json", "yaml", "xlsx", "oscal-catalog", "oscal-profile", "ciso-assistant"})))
		}
		if out == "" || out == "-" {
			if format == "xlsx" && columns(a.out) > 0 {
				return errors.New(a.t("{name} は画面に表示できません。-o でファイルを指定してください。", "name", format))
			}
			return write(a.out)
		}
		if err := a.writable(out); err != nil {
			return err
		}
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	})
	exporting.Flags().StringVar(&format, "format", "yaml", a.t("形式: json、yaml、xlsx、oscal-catalog、oscal-profile、ciso-assistant"))
	exporting.Flags().StringVarP(&out, "output", "o", "", a.t("書き出し先のファイル（省略すると標準出力）"))
	group.AddCommand(list, show, exporting, a.importLibrary())
	return group
}

func library(w io.Writer, e *guideline.Edition) error {
	b, err := guideline.Library(e)
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

// importLibrary reads a library of CISO Assistant and writes it as an edition
// for the folder that --editions names.
func (a *app) importLibrary() *cobra.Command {
	var out string
	cmd := a.command("guideline import", func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return errors.New(a.t("読み込むファイルを 1 つ指定してください。"))
		}
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, guideline.MostLibrary+1))
		if err != nil {
			return err
		}
		e, err := guideline.ReadLibrary(data)
		if faults := guideline.Faults(err); len(faults) > 0 {
			for _, x := range faults[:min(len(faults), 20)] {
				a.say(visible(x.In(a.lang)))
			}
			return errors.New(a.t("{file} は取り込めません（誤り {n} 件）。", "file", args[0], "n", fmt.Sprint(len(faults))))
		}
		if err != nil {
			return err
		}
		b, err := guideline.Export(e, guideline.YAML)
		if err != nil {
			return err
		}
		if out == "-" {
			_, err = a.out.Write(b)
			return err
		}
		if err := a.writable(filepath.Join(out, e.ID+".yaml")); err != nil {
			return err
		}
		name := filepath.Join(out, e.ID+".yaml")
		if err := replace(name, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
			return err
		}
		a.say(a.t("{title}: 要件 {n} 件を {file} に書き出しました。どの値も原文未確認です。", "title", visible(e.Title.In(a.lang)), "n", fmt.Sprint(len(e.Requirements)), "file", name))
		a.compared(e)
		return nil
	})
	cmd.Flags().StringVarP(&out, "output", "o", ".", a.t("書き出し先のフォルダ（- は標準出力）"))
	return cmd
}

// compared says how an imported edition differs from the one there is under its ID.
func (a *app) compared(e *guideline.Edition) {
	own, err := guideline.Load(e.ID)
	if err != nil {
		return
	}
	d := guideline.Compare(own, e)
	a.say(a.t("同じ ID の版「{id}」が Miseban にあります。--editions で使うと置き換わります（増える要件 {more}、なくなる要件 {less}。検査との対応もなくなります）。", "id", e.ID, "more", fmt.Sprint(len(d.More)), "less", fmt.Sprint(len(d.Less))))
}

func export(w io.Writer, e *guideline.Edition, f guideline.Format) error {
	b, err := guideline.Export(e, f)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func (a *app) showRequirement(e *guideline.Edition, id string) error {
	r, ok := e.Requirement(id)
	if !ok {
		return errors.New(a.t("要件「{id}」はありません。一覧は miseban guideline show {edition} で確認できます。", "id", id, "edition", e.ID))
	}
	article(a.out, r.Number+"  "+r.Title.In(a.lang), "")
	if !r.Title.Verified {
		a.printf("（%s）\n", a.t("原文未確認"))
	}
	section(a.out, a.t("求めていること"), r.Text.In(a.lang))
	for _, role := range guideline.Roles {
		if t := r.How.For(role); !t.IsZero() {
			section(a.out, role.Name(a.lang), t.In(a.lang))
		}
	}
	if len(r.Checks) > 0 {
		var lines []string
		for _, l := range r.Checks {
			lines = append(lines, fmt.Sprintf("- %s（%s）", l.Check, l.Effect.Name(a.lang)))
		}
		section(a.out, a.t("関係する検査"), strings.Join(lines, "\n"))
	}
	var lines []string
	for _, q := range e.QuestionsFor(r.ID) {
		lines = append(lines, "- "+q.Text.In(a.lang))
	}
	if len(lines) > 0 {
		section(a.out, a.t("セルフチェックの質問"), strings.Join(lines, "\n"))
	}
	return nil
}
