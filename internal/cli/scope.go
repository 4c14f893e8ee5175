package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

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
		s, err := a.askScope(args)
		if err != nil {
			return err
		}
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
		if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
			return err
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

// askScope asks step by step what a scope needs; an empty answer takes the default.
func (a *app) askScope(args []string) (*wire.Scope, error) {
	in := bufio.NewReader(a.in)
	s := &wire.Scope{Level: wire.Safe}
	first := ""
	if len(args) > 0 {
		first = args[0]
	}
	for len(s.Hosts) == 0 {
		answer, err := a.ask(in, a.t("診断するサイトの URL"), first)
		if err != nil {
			return nil, err
		}
		first = ""
		u, err := a.shopURL(answer)
		if err != nil {
			fmt.Fprintln(a.err, err)
			continue
		}
		addHost(s, u)
		if u.Port() == "" {
			addHost(s, twin(u))
		}
	}
	for {
		answer, err := a.ask(in, a.t("ほかに診断してよい接続先（なければ空のまま）"), "")
		if err != nil {
			return nil, err
		}
		if answer == "" {
			break
		}
		u, err := a.shopURL(answer)
		if err != nil {
			fmt.Fprintln(a.err, err)
			continue
		}
		addHost(s, u)
	}
	for _, q := range []struct {
		text   string
		into   *string
		needed bool
	}{
		{a.t("診断を求める組織の名前"), &s.Authority.Organisation, !local(s)},
		{a.t("診断を求める人の氏名"), &s.Authority.Person, !local(s)},
		{a.t("連絡先のメールアドレス（要求に付けて送る。不要なら空のまま）"), &s.Authority.Contact, false},
	} {
		for *q.into == "" {
			v, err := a.ask(in, q.text, "")
			if err != nil {
				return nil, err
			}
			if *q.into = v; !q.needed {
				break
			}
		}
	}
	for {
		v, err := a.ask(in, a.t("レベル（passive: 閲覧だけ、safe: 設定の確認も）"), "safe")
		if err != nil {
			return nil, err
		}
		l, err := wire.ParseLevel(v)
		if err == nil && (l == wire.Passive || l == wire.Safe) {
			s.Level = l
			break
		}
		fmt.Fprintln(a.err, a.t("passive か safe を指定してください。"))
	}
	for {
		v, err := a.ask(in, a.t("診断してよい時間帯（02:00-05:00 の形。いつでもよければ空のまま）"), "")
		if err != nil {
			return nil, err
		}
		if v == "" {
			break
		}
		from, until, ok := strings.Cut(v, "-")
		w := wire.Window{From: strings.TrimSpace(from), Until: strings.TrimSpace(until)}
		if ok && clock(w.From) && clock(w.Until) {
			s.Windows = append(s.Windows, w)
			break
		}
		fmt.Fprintln(a.err, a.t("02:00-05:00 の形で指定してください。"))
	}
	for {
		v, err := a.ask(in, a.t("決して開かないパス（/campaign/ など。なければ空のまま）"), "")
		if err != nil {
			return nil, err
		}
		if v == "" {
			return s, nil
		}
		if !strings.HasPrefix(v, "/") {
			fmt.Fprintln(a.err, a.t("パスは / から書いてください。"))
			continue
		}
		s.Exclude = append(s.Exclude, v)
	}
}

// local says that a scope names nothing but this computer: nobody has to stand for it.
func local(s *wire.Scope) bool {
	return !slices.ContainsFunc(s.Hosts, func(h string) bool {
		u, err := url.Parse(h)
		return err != nil || !wire.IsLocal(u.Hostname())
	})
}

// clock says that s is a time of day as windows carry it.
func clock(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5 || s == "24:00"
}

func (a *app) ask(in *bufio.Reader, question, def string) (string, error) {
	if def != "" {
		fmt.Fprintf(a.err, "%s [%s]: ", question, def)
	} else {
		fmt.Fprintf(a.err, "%s: ", question)
	}
	line, err := in.ReadString('\n')
	line = strings.TrimSpace(line)
	if err != nil && line == "" {
		fmt.Fprintln(a.err)
		return "", errors.New(a.t("入力が途中で終わりました。何も書いていません。"))
	}
	if line == "" {
		return def, nil
	}
	return line, nil
}
