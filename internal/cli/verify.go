package cli

import (
	"bytes"
	"cmp"
	"errors"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"miseban/internal/wire"
)

// verify shows what to publish to prove control of a domain, and looks whether it is there.
func (a *app) verify() *cobra.Command {
	var file, token, authority string
	cmd := a.command("verify", func(cmd *cobra.Command, args []string) error {
		s, made, err := a.verifyScope(args, file, token, authority)
		if err != nil {
			return err
		}
		if local(s) {
			a.printf("%s\n", a.t("自分のコンピュータの中のサイトなので、確認は要りません。"))
			return nil
		}
		a.showChallenge(s)
		if made {
			if file == "" {
				a.say(a.t("公開したら、同じ文字列を付けて確かめてください: miseban verify --token {token} {url} --authority \"組織名 / 氏名\"", "token", s.Proof.Token, "url", s.Hosts[0]+"/"))
			} else {
				a.say(a.t("確認に使う文字列を {file} に書きました。どれか1つを公開したら、もう一度実行してください。", "file", file))
			}
			a.code = exitFindings
			return nil
		}
		s.Level, s.OOB = wire.Safe, ""
		client, err := wire.NewClient(wire.Options{Scope: s, Version: Version, Log: a.log, InfoURL: os.Getenv("MISEBAN_INFO_URL")})
		if err != nil {
			return err
		}
		defer client.Close()
		res, err := client.Prove(cmd.Context())
		if err != nil && !errors.Is(err, wire.ErrConsent) {
			return err
		}
		a.showProof(res)
		if len(res.Open) > 0 {
			a.code = exitFindings
		}
		return nil
	})
	f := cmd.Flags()
	f.StringVar(&file, "scope", "", a.t("合意した範囲を書いたファイル（miseban scope new で作成）"))
	f.StringVar(&token, "token", "", a.t("前に作った、確認に使う文字列（範囲のファイルを使わないとき）"))
	f.StringVar(&authority, "authority", "", a.t("診断を求めた組織と人（「組織名 / 氏名」）。範囲のファイルを使わないときに必要"))
	return cmd
}

// verifyScope is the scope file, or one for the URL alone. made says that the
// token is new, so that it cannot be published yet.
func (a *app) verifyScope(args []string, file, token, authority string) (s *wire.Scope, made bool, err error) {
	var u *url.URL
	if len(args) > 0 {
		if u, err = a.shopURL(args[0]); err != nil {
			return nil, false, err
		}
	}
	if file == "" {
		if u == nil {
			return nil, false, errors.New(a.t("確かめるサイトの URL を指定してください。例: miseban verify --scope scope.yaml https://shop.example/"))
		}
		s = &wire.Scope{Level: wire.Safe, Proof: wire.Proof{Token: token}}
		addHost(s, u)
		if authority != "" {
			if s.Authority, err = a.authorityOf(authority); err != nil {
				return nil, false, err
			}
		}
	} else {
		if token != "" || authority != "" {
			return nil, false, errors.New(a.t("--token と --authority は、--scope と一緒には使えません。"))
		}
		if s, err = a.readScope(file); err != nil {
			return nil, false, err
		}
		if u != nil && !s.HasOrigin(u) {
			return nil, false, errors.New(a.t("{url} は、範囲のファイルの hosts に含まれていません。", "url", u.Redacted()))
		}
	}
	if s.Proof.Token != "" || local(s) {
		return s, false, nil
	}
	s.Proof.Token = wire.NewToken()
	if file != "" {
		if err := writeToken(file, s.Proof.Token); err != nil {
			return nil, false, err
		}
	}
	return s, true, nil
}

// writeToken puts the token into a scope file and leaves the rest, comments
// too, as it is.
func writeToken(file, token string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return err
	}
	top := doc.Content[0] // a mapping: the strict reader has read it
	value := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "token"}, {Kind: yaml.ScalarNode, Value: token}}}
	at := slices.IndexFunc(top.Content, func(n *yaml.Node) bool { return n.Value == "proof" })
	if at >= 0 && at%2 == 0 {
		top.Content[at+1] = value
	} else {
		top.Content = append(top.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "proof"}, value)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o600)
}

// showChallenge says what to publish: one of three.
func (a *app) showChallenge(s *wire.Scope) {
	records, files := s.Challenges()
	a.printf("%s\n", a.t("ドメインを管理していることを示すため、次のどれか1つを公開してください。"))
	n := 0
	way := func(title string) {
		n++
		a.printf("\n%d. %s\n", n, title)
	}
	if len(records) > 0 {
		way(a.t("DNS の TXT レコード（そのドメインの接続先すべてに効きます）"))
		for _, r := range records {
			a.printf("   %s\n   %s\n   %s\n", a.t("名前: {name}", "name", r), a.t("種類: {type}", "type", "TXT"), a.t("値: {value}", "value", wire.ChallengeTXT(s.Proof.Token)))
		}
	}
	way(a.t("ファイル（接続先ごとに必要。text/plain で、文字列のほかに何も書かない）"))
	for _, f := range files {
		a.printf("   %s\n", f)
	}
	a.printf("   %s\n", a.t("内容: {value}", "value", s.Proof.Token))
	way(a.t("トップページの <head> の中の meta タグ（接続先ごとに必要）"))
	a.printf("   %s\n", wire.ChallengeTag(s.Proof.Token))
}

// showProof says what was found where, and what is wrong with it.
func (a *app) showProof(res *wire.ProofResult) {
	a.printf("\n%s\n", a.t("確かめた結果:"))
	names := map[wire.ProofMethod]string{wire.ProofDNS: a.t("DNS"), wire.ProofFile: a.t("ファイル"), wire.ProofMeta: a.t("meta タグ")}
	for _, t := range res.Tries {
		mark := "×"
		if t.Problem == wire.ProofOK {
			mark = "○"
		}
		a.printf("  %s %s %s: %s\n", mark, names[t.Method], t.Where, a.proofText(&t))
	}
	if len(res.Proven) > 0 {
		a.printf("%s\n", a.t("確認できた接続先: {hosts}", "hosts", a.join(res.Proven)))
	}
	if len(res.Open) > 0 {
		a.printf("%s\n", a.t("まだ確認できない接続先: {hosts}", "hosts", a.join(res.Open)))
	}
}

func (a *app) proofText(t *wire.ProofTry) string {
	detail := cmp.Or(visible(t.Detail), "-")
	switch t.Problem {
	case wire.ProofOK:
		return a.t("確認できました")
	case wire.ProofAbsent:
		return a.t("見つかりません")
	case wire.ProofOther:
		return a.t("別の内容です（{detail}）", "detail", detail)
	case wire.ProofElsewhere:
		return a.t("ほかのホストへ転送されるため、確認になりません（{detail}）", "detail", detail)
	case wire.ProofNotText:
		return a.t("text/plain ではなく {detail} として送られています", "detail", detail)
	case wire.ProofNotHead:
		return a.t("meta タグが <head> の外にあります。<head> の中へ移してください")
	case wire.ProofForbidden:
		return a.t("範囲のファイルの設定のため、確かめられません（{detail}）", "detail", detail)
	}
	return a.t("正しい応答がありません（{detail}）", "detail", detail)
}
