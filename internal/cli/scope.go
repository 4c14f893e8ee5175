package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"miseban/internal/wire"
)

func (a *app) scope() *cobra.Command {
	group := a.command("scope", nil)
	var out string
	create := a.command("scope new", func(_ *cobra.Command, args []string) error {
		if out != "-" {
			if fileExists(out) {
				return errors.New(a.t("{file} はすでにあります。-o で別の名前を指定してください。", "file", out))
			}
			if err := a.writable(out); err != nil {
				return err
			}
		}
		signal.Reset(os.Interrupt) // a question is left at once
		d, err := a.askScope(args, out)
		if err != nil {
			return err
		}
		s := d.s
		var b bytes.Buffer
		enc := yaml.NewEncoder(&b)
		enc.SetIndent(2)
		if err := enc.Encode(s); err != nil {
			return err
		}
		if out == "-" {
			_, err := a.out.Write(b.Bytes())
			return err
		}
		if err := d.write(); err != nil {
			return err
		}
		if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
			return err
		}
		for file := range d.secrets {
			a.say(a.t("パスワードは {file} に書きました（自分だけが読める）。", "file", file))
		}
		if s.Proof.Token != "" {
			a.say(a.t("{file} に書きました。次に、ドメインを管理していることを示してください: miseban verify --scope {file} {url}", "file", out, "url", s.Hosts[0]+"/"))
			return nil
		}
		fmt.Fprintln(a.err, a.t("{file} に書きました。内容を確かめてから miseban diagnose --scope {file} {url} で診断できます。", "file", out, "url", s.Hosts[0]+"/"))
		return nil
	})
	create.Flags().StringVarP(&out, "output", "o", "scope.yaml", a.t("書き出し先のファイル（- で標準出力）"))
	check := a.command("scope check", func(_ *cobra.Command, args []string) error {
		if len(args) < 1 {
			return errors.New(a.t("確かめるファイルを指定してください。例: miseban scope check scope.yaml"))
		}
		s, err := a.readScope(args[0])
		if err != nil {
			return err
		}
		if err := a.checkScope(s); errors.Is(err, wire.ErrAuthority) {
			return errors.New(a.t("authority に、診断を求めた組織（organisation）と人（person）を書いてください。"))
		} else if err != nil {
			return err
		}
		if len(args) == 1 {
			a.printf("%s\n", a.t("このファイルで診断できます（レベル {level}）。診断してよい接続先:", "level", s.Level.String()))
			for _, h := range s.Hosts {
				a.printf("  %s\n", h)
			}
			if s.Level > wire.Safe {
				a.printf("%s\n", a.consentText(s))
				for _, w := range a.secretWarnings(s) {
					a.say(a.t("注意: {text}", "text", w))
				}
				if !local(s) {
					a.printf("%s\n", a.t("ドメインを管理していることは、miseban verify --scope {file} {url} で確かめます。", "file", args[0], "url", s.Hosts[0]+"/"))
				}
			}
			return nil
		}
		for _, raw := range args[1:] {
			u, err := a.shopURL(raw)
			if err != nil {
				return err
			}
			if err := s.Allows("GET", u, wire.Passive); err != nil {
				a.printf("%s %s: %s\n", a.t("開かない"), u, a.because(err))
				a.code = exitFindings
				continue
			}
			a.printf("%s %s\n", a.t("開いてよい"), u)
		}
		return nil
	})
	group.AddCommand(create, check)
	return group
}
