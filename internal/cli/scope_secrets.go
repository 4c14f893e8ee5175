package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"miseban/internal/wire"
)

// passwords fills in the passwords that a stored run does not hold: from the
// environment, or asked without echo. Passwords are never stored.
func (a *app) passwords(s *wire.Scope) error {
	if s.Level < wire.Active {
		return nil
	}
	for i := range s.Accounts {
		x := &s.Accounts[i]
		if x.Password != "" {
			continue
		}
		name := passwordVariable(x.Name)
		if os.Getenv(name) != "" {
			x.Password = wire.Secret("env:" + name)
			continue
		}
		v, err := a.askSecret(a.t("アカウント {name}（{user}）のパスワード（保存していないため、もう一度必要です）", "name", x.Name, "user", x.User))
		if errors.Is(err, errNoTerminal) {
			return fmt.Errorf("%w: %s", wire.ErrSecret, a.t("アカウント {name} のパスワードは保存していません。環境変数 {variable} に入れて、もう一度実行してください。", "name", x.Name, "variable", name))
		}
		if err != nil {
			return err
		}
		x.Password = wire.Secret(v)
	}
	return nil
}

// passwordVariable is where the password of an account is looked for when a
// run goes on that does not hold it.
func passwordVariable(account string) string {
	return "MISEBAN_PASSWORD_" + strings.ToUpper(strings.ReplaceAll(account, "-", "_"))
}

var errNoTerminal = errors.New("no terminal to ask at")

// askSecret asks at the terminal without showing what is typed.
func (a *app) askSecret(question string) (string, error) {
	f, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", errNoTerminal
	}
	fmt.Fprintf(a.err, "%s: ", question)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return "", err
	}
	if len(b) == 0 {
		return "", errors.New(a.t("入力が途中で終わりました。何も書いていません。"))
	}
	return string(b), nil
}
