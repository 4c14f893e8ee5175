package cli

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The texts of the commands: help/<command>.md, "# ja" and "# en", each with
// Use, Short on lines of their own, then the long text, then "## Examples".
//
//go:embed help/*.md
var helpFiles embed.FS

// command makes a command from its help text. run may be nil for a group.
// A broken help file is a programming error that every test of this package finds.
func (a *app) command(name string, run func(*cobra.Command, []string) error) *cobra.Command {
	b, err := helpFiles.ReadFile("help/" + strings.ReplaceAll(name, " ", "-") + ".md")
	if err != nil {
		panic(err)
	}
	part := ""
	for _, p := range strings.Split("\n"+string(b), "\n# ")[1:] {
		head, rest, _ := strings.Cut(p, "\n")
		if strings.TrimSpace(head) == string(a.lang) {
			part = strings.TrimSpace(rest)
		}
	}
	lines := strings.SplitN(part, "\n", 3)
	if len(lines) < 2 {
		panic(fmt.Sprintf("help/%s.md: no %s part", name, a.lang))
	}
	long := ""
	if len(lines) == 3 {
		long = lines[2]
	}
	text, examples, _ := strings.Cut(long, "\n## Examples\n")
	cmd := &cobra.Command{
		Use: lines[0], Short: lines[1], Long: strings.TrimSpace(text), Example: strings.Trim(examples, "\n"),
		RunE: run, DisableFlagsInUseLine: true, Args: a.arguments, SuggestionsMinimumDistance: 2,
	}
	if run == nil {
		cmd.RunE = a.group
	}
	return cmd
}

// group answers a command that only holds others.
func (a *app) group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	msg := a.t("「{name}」というコマンドはありません。", "name", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		msg += "\n" + a.t("もしかして: {names}", "names", strings.Join(near, ", "))
	}
	return errors.New(msg + "\n" + a.see(cmd))
}

// arguments refuses more words than the use line of the command names.
func (a *app) arguments(cmd *cobra.Command, args []string) error {
	if cmd.HasSubCommands() {
		return nil // group says what is wrong
	}
	most := 0
	for _, w := range strings.Fields(cmd.Use)[1:] {
		if strings.HasSuffix(strings.Trim(w, "[]"), "...") {
			return nil
		}
		if w = strings.Trim(w, "[]"); w == strings.ToUpper(w) && w != strings.ToLower(w) {
			most++
		}
	}
	if len(args) > most {
		return errors.New(a.t("余分な語があります: {words}", "words", strings.Join(args[most:], " ")) + "\n" + a.see(cmd))
	}
	return nil
}

func (a *app) see(cmd *cobra.Command) string {
	return a.t("使い方は {command} --help で確認できます。", "command", cmd.CommandPath())
}

// flagError puts the flag parser's error into the user's words.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	msg := err.Error()
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		msg = a.t("「{name}」というオプションはありません。", "name", name)
		if near := nearFlags(cmd, unknown.GetSpecifiedName()); len(near) > 0 {
			msg += "\n" + a.t("もしかして: {names}", "names", strings.Join(near, ", "))
		}
	case errors.As(err, &missing):
		msg = a.t("--{name} には値が必要です（{value}）。", "name", missing.GetFlag().Name, "value", valueWords[missing.GetFlag().Name])
	case errors.As(err, &invalid):
		msg = a.t("--{name} に「{value}」は指定できません。", "name", invalid.GetFlag().Name, "value", invalid.GetValue())
	}
	return errors.New(msg + "\n" + a.see(cmd))
}

func nearFlags(cmd *cobra.Command, name string) []string {
	var near []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && len(name) > 1 && (distance(name, f.Name) <= 2 || strings.HasPrefix(f.Name, name)) {
			near = append(near, "--"+f.Name)
		}
	})
	return near
}

// valueWords are what stands behind a flag in the help.
var valueWords = map[string]string{
	"lang": "ja|en", "data": "DIR", "database": "FILE|URL", "level": "passive|safe|active|full", "scope": "FILE", "authority": "ORG/PERSON",
	"contact": "MAIL", "host": "URL", "exclude": "PATH", "allow-net": "NET", "seeds": "FILE", "rate": "N|unlimited", "budget": "N",
	"browser": "auto|on|off", "intel": "FILE", "intel-key": "FILE", "format": "FORMAT,…", "output": "PATH", "fail-on": "SEVERITY", "resume": "RUN",
	"listen": "ADDRESS:PORT", "public-url": "URL", "trust-proxy": "NET", "breached-passwords": "FILE", "oidc-issuer": "URL", "oidc-client": "ID", "oidc-secret-file": "FILE", "oidc-domain": "DOMAIN", "oidc-name": "NAME", "workers": "N",
	"smtp-url": "URL", "smtp-url-file": "FILE", "mail-from": "MAIL", "oob": "HOST:PORT", "mail-sink": "HOST:PORT", "token": "TOKEN", "to": "KEY", "identity": "FILE",
	"from": "FILE", "record": "FILE", "places": "N", "seed": "SEED", "commitment": "HASH", "quotas": "FILE", "pin": "RECEIPT=REASON", "bar": "RECEIPT=REASON",
	"nodes": "N", "out": "FILE", "pdf": "FILE", "xlsx": "FILE", "list": "FILE", "log": "FILE", "applicants": "N",
	"check": "NAME,…", "finding": "ID", "editions": "DIR",
}

// help writes a command's manual page.
func (a *app) help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	article(w, cmd.Short, "")
	if cmd.Long != "" {
		fmt.Fprintln(w)
		article(w, cmd.Long, "")
	}
	fmt.Fprintln(w)
	_ = a.usage(cmd, w)
}

// usage writes how a command is called: its line, examples, commands and flags.
func (a *app) usage(cmd *cobra.Command, w io.Writer) error {
	fmt.Fprintf(w, "%s\n  %s\n", a.t("使い方:"), cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(w, "\n%s\n%s\n", a.t("例:"), cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n%s\n", a.t("コマンド:"))
		var rows [][2]string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				rows = append(rows, [2]string{"  " + c.Name(), c.Short})
			}
		}
		definitions(w, rows)
	}
	if rows := a.flagRows(cmd.LocalFlags()); len(rows) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.t("オプション:"))
		definitions(w, rows)
	}
	if rows := a.flagRows(cmd.InheritedFlags()); len(rows) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.t("共通のオプション:"))
		definitions(w, rows)
	}
	switch {
	case cmd.HasAvailableSubCommands():
		fmt.Fprintf(w, "\n%s\n", a.t("くわしくは {command} コマンド --help で確認できます。", "command", cmd.CommandPath()))
	case cmd.HasParent():
		fmt.Fprintf(w, "\n%s\n", a.t("終了コード、ファイル、環境変数は miseban --help にまとめてあります。"))
	}
	return nil
}

func (a *app) flagRows(set *pflag.FlagSet) [][2]string {
	var rows [][2]string
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" {
			name += " " + valueWords[f.Name]
		}
		text := f.Usage
		if def := strings.Trim(f.DefValue, "[]"); def != "" && def != "false" && def != "0" {
			text += glue(a.t("（既定: {value}）", "value", def))
		}
		rows = append(rows, [2]string{name, text})
	})
	return rows
}

// definitions writes names and what they mean; a long name gets a line of its own.
func definitions(w io.Writer, rows [][2]string) {
	const most = 26
	left := 0
	for _, r := range rows {
		if n := uniseg.StringWidth(r[0]); n <= most {
			left = max(left, n)
		}
	}
	width := measure(w)
	for _, r := range rows {
		if uniseg.StringWidth(r[0]) > left {
			fmt.Fprintln(w, r[0])
			r[0] = ""
		}
		fmt.Fprintln(w, hang(pad(r[0], left+2), r[1], width))
	}
}
