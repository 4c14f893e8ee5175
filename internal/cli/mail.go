package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"miseban/internal/notice"
)

// mailFlags say through which server mails go out.
type mailFlags struct{ url, file, from string }

func (a *app) mailFlags(f *pflag.FlagSet, m *mailFlags) {
	f.StringVar(&m.url, "smtp-url", "", a.t("メールサーバ（smtps://名前:パスワード@host:465、smtp://host:587）。パスワードを含むときは環境変数 MISEBAN_SMTP_URL か --smtp-url-file を使う。省略するとメールを送らない"))
	f.StringVar(&m.file, "smtp-url-file", "", a.t("メールサーバの URL を書いたファイル"))
	f.StringVar(&m.from, "mail-from", "", a.t("メールの差出人（miseban@example.jp など。環境変数 MISEBAN_MAIL_FROM でも指定できる）"))
}

// mailServer is the server that the flags name; nil when none is named. What
// goes wrong is told without the address, which may hold a password.
func (a *app) mailServer(m *mailFlags) (*notice.Server, error) {
	address, from := m.url, m.from
	if m.file != "" {
		b, err := os.ReadFile(m.file)
		if err != nil {
			return nil, errors.New(a.t("{file} を読めません（{error}）。", "file", m.file, "error", err.Error()))
		}
		address = strings.TrimSpace(string(b))
	}
	if address == "" {
		address = os.Getenv("MISEBAN_SMTP_URL")
	}
	if address == "" {
		return nil, nil
	}
	if from == "" {
		from = os.Getenv("MISEBAN_MAIL_FROM")
	}
	s, err := notice.ParseServer(address, from)
	switch {
	case errors.Is(err, notice.ErrFrom):
		return nil, errors.New(a.t("--mail-from にメールの差出人のアドレスを指定してください。"))
	case err != nil:
		return nil, errors.New(a.t("--smtp-url は smtps://名前:パスワード@mail.example.jp:465 の形で指定してください。"))
	}
	return s, nil
}
