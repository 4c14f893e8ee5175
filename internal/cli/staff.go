package cli

import (
	"errors"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"miseban/internal/web"
	"miseban/internal/wire"
)

// staffFlags are the flags of serve for people who have accounts elsewhere.
type staffFlags struct {
	issuer, client, secret, name string
	domains                      []string
}

func (a *app) staffFlags(f *pflag.FlagSet, sf *staffFlags) {
	f.StringVar(&sf.issuer, "oidc-issuer", "", a.t("社内アカウント（OpenID Connect）の発行元の URL"))
	f.StringVar(&sf.client, "oidc-client", "", a.t("発行元に登録したクライアント ID（戻り先は 公開 URL + /sign-in/oidc/callback）"))
	f.StringVar(&sf.secret, "oidc-secret-file", "", a.t("クライアントシークレットのファイル（なければ PKCE だけを使う）"))
	f.StringArrayVar(&sf.domains, "oidc-domain", nil, a.t("発行元が確かめたメールアドレスを信じるドメイン（何度でも）。同じアドレスの利用者に自動で結び付ける"))
	f.StringVar(&sf.name, "oidc-name", "", a.t("サインインのボタンに出す名前"))
}

// staffFrom reads the flags; nil when none is set.
func (a *app) staffFrom(sf *staffFlags) (*web.OIDC, error) {
	if sf.issuer == "" && sf.client == "" && sf.secret == "" && len(sf.domains) == 0 {
		return nil, nil
	}
	u, err := url.Parse(sf.issuer)
	if err != nil || u.Host == "" || sf.client == "" || u.Scheme != "https" && (u.Scheme != "http" || !wire.IsLocal(u.Hostname())) {
		return nil, errors.New(a.t("--oidc-issuer は https:// の URL で、--oidc-client と一緒に指定してください。"))
	}
	o := &web.OIDC{Issuer: sf.issuer, Client: sf.client, Name: sf.name, Domains: sf.domains}
	if sf.secret != "" {
		b, err := os.ReadFile(sf.secret)
		if err != nil {
			return nil, errors.New(a.t("クライアントシークレットを読み取れません（{error}）。", "error", err.Error()))
		}
		o.Secret = strings.TrimSpace(string(b))
	}
	return o, nil
}
