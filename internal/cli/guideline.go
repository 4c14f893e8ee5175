package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"miseban/internal/guideline"
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
			"json": func(w io.Writer) error { return export(w, e, "json") },
			"yaml": func(w io.Writer) error { return export(w, e, "yaml") },
			"xlsx": func(w io.Writer) error { return xlsx.WriteEdition(w, e, a.lang) },
		}[format]
		if !ok {
			return errors.New(a.t("--format の「{name}」は使えません。{names} から選んでください。", "name", format, "names", a.join([]string{"json", "yaml", "xlsx"})))
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
	exporting.Flags().StringVar(&format, "format", "yaml", a.t("形式: json、yaml、xlsx"))
	exporting.Flags().StringVarP(&out, "output", "o", "", a.t("書き出し先のファイル（省略すると標準出力）"))
	group.AddCommand(list, show, exporting)
	return group
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
