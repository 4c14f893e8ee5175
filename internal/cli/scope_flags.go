package cli

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"miseban/internal/wire"
)

// fixedFlags say what may be sent; a run keeps what it began with.
var fixedFlags = []string{"level", "scope", "authority", "contact", "host", "exclude", "allow-net", "seeds", "rate", "budget", "serial", "oob"}

// changed names those of the flags that the command line sets.
func changed(cmd *cobra.Command, names ...string) []string {
	var out []string
	for _, n := range names {
		if cmd.Flags().Changed(n) {
			out = append(out, "--"+n)
		}
	}
	return out
}

// scopeFrom is the scope file, or the scope that the flags describe. What a
// file says was agreed: flags may narrow it, never widen it.
func (a *app) scopeFrom(cmd *cobra.Command, urls []*url.URL, rf *runFlags) (*wire.Scope, error) {
	level, err := a.level(rf.level)
	if err != nil {
		return nil, err
	}
	var scope *wire.Scope
	if rf.scope != "" {
		if scope, err = a.agreed(cmd, urls, rf, level); err != nil {
			return nil, err
		}
	} else {
		scope = &wire.Scope{Level: level}
		for _, u := range urls {
			addHost(scope, u)
			if u.Port() == "" || u.Port() == "80" || u.Port() == "443" {
				addHost(scope, twin(u))
			}
		}
	}
	for _, h := range rf.hosts {
		u, err := a.shopURL(h)
		if err != nil {
			return nil, err
		}
		addHost(scope, u)
	}
	for _, p := range rf.exclude {
		if !strings.HasPrefix(p, "/") {
			return nil, errors.New(a.t("--exclude の「{path}」は / から始まるパスで指定してください。", "path", p))
		}
	}
	scope.Exclude = append(scope.Exclude, rf.exclude...)
	for _, n := range rf.nets {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, errors.New(a.t("「{net}」はネットワークとして読めません。10.0.0.0/24 の形で指定してください。", "net", n))
		}
		scope.Addresses = append(scope.Addresses, p)
	}
	if rf.authority != "" {
		who, err := a.authorityOf(rf.authority)
		if err != nil {
			return nil, err
		}
		scope.Authority.Organisation, scope.Authority.Person = who.Organisation, who.Person
	}
	if rf.contact != "" {
		scope.Authority.Contact = rf.contact
	}
	if rf.budget < 0 || cmd.Flags().Changed("budget") && rf.budget == 0 {
		return nil, errors.New(a.t("--budget は 1 以上の数を指定してください。"))
	}
	if rf.budget > 0 {
		scope.Budget.Requests = rf.budget
	}
	if rf.mailSink != "" && level < wire.Full && scope.Level < wire.Full {
		return nil, errors.New(a.t("--mail-sink は、full の診断だけで使えます。"))
	}
	if rf.oob != "" {
		if level <= wire.Safe && scope.Level <= wire.Safe {
			return nil, errors.New(a.t("--oob は、active と full の診断だけで使えます。"))
		}
		scope.OOB = rf.oob
	}
	scope.SerialCrawl = scope.SerialCrawl || rf.serial
	if rf.ignoreRobots && rf.scope != "" && !scope.IgnoreRobots {
		return nil, errors.New(a.t("--ignore-robots は使えません。範囲のファイルで合意していないためです（ignore_robots: true）。"))
	}
	scope.IgnoreRobots = scope.IgnoreRobots || rf.ignoreRobots
	return scope, a.setRate(scope, rf.rate)
}

// authorityOf reads "organisation / person".
func (a *app) authorityOf(s string) (wire.Authority, error) {
	org, person, ok := strings.Cut(s, "/")
	w := wire.Authority{Organisation: strings.TrimSpace(org), Person: strings.TrimSpace(person)}
	if !ok || w.Organisation == "" || w.Person == "" {
		return w, errors.New(a.t("--authority は「組織名 / 氏名」の形で指定してください。"))
	}
	return w, nil
}

// agreed reads the scope file and refuses flags that would widen it.
func (a *app) agreed(cmd *cobra.Command, urls []*url.URL, rf *runFlags, level wire.Level) (*wire.Scope, error) {
	scope, err := a.readScope(rf.scope)
	if err != nil {
		return nil, err
	}
	for _, u := range urls {
		if !scope.HasOrigin(u) {
			return nil, errors.New(a.t("{url} は、範囲のファイルの hosts に含まれていません。", "url", u.Redacted()))
		}
	}
	if names := changed(cmd, "host", "allow-net"); len(names) > 0 {
		return nil, errors.New(a.t("{names} は --scope と一緒には使えません。範囲のファイルに書いてください。", "names", a.join(names)))
	}
	if rf.authority != "" && scope.Authority.Person != "" {
		return nil, errors.New(a.t("診断を求めた組織と人は、範囲のファイルに書かれています。--authority は要りません。"))
	}
	if cmd.Flags().Changed("level") {
		if level > scope.Level {
			return nil, errors.New(a.t("--level {level} は、範囲のファイルで合意したレベル（{agreed}）を超えます。", "level", level.String(), "agreed", scope.Level.String()))
		}
		scope.Level = level
	}
	if _, err := a.level(scope.Level.String()); err != nil {
		return nil, err
	}
	if rf.oob != "" && scope.OOB != "" && rf.oob != scope.OOB {
		return nil, errors.New(a.t("--oob は、範囲のファイルで合意したもの（{oob}）だけを使えます。", "oob", scope.OOB))
	}
	if most := scope.Budget.Requests; most == 0 || rf.budget <= most {
		return scope, nil
	}
	return nil, errors.New(a.t("--budget は、範囲のファイルで合意した上限（{n}）までです。", "n", strconv.Itoa(scope.Budget.Requests)))
}

// level reads a level at which a shop is diagnosed.
func (a *app) level(word string) (wire.Level, error) {
	l, err := wire.ParseLevel(word)
	switch {
	case err != nil:
		return 0, errors.New(a.t("--level は passive、safe、active、full のどれかを指定してください。"))
	case l < wire.Passive:
		return 0, errors.New(a.t("offline は保存した記録の再判定です。miseban rejudge を使ってください。"))
	}
	return l, nil
}

func (a *app) setRate(scope *wire.Scope, rate string) error {
	switch rate {
	case "":
		return nil
	case "unlimited":
		for _, h := range scope.Hosts {
			if u, err := url.Parse(h); err != nil || !wire.IsLocal(u.Hostname()) {
				return errors.New(a.t("--rate unlimited は、自分のコンピュータ（127.0.0.1、localhost）の診断だけで使えます。"))
			}
		}
		scope.Rate.Unlimited = true
		return nil
	}
	n, err := strconv.ParseFloat(rate, 64)
	if err != nil || !(n >= 0.1 && n <= 10) {
		return errors.New(a.t("--rate は 0.1〜10 の数（1秒あたりの要求数）か unlimited を指定してください。"))
	}
	if most := scope.Rate.PerSecond; most > 0 && n > most {
		return errors.New(a.t("--rate は、範囲のファイルで合意した速さ（毎秒 {n}）までです。", "n", strconv.FormatFloat(most, 'g', -1, 64)))
	}
	scope.Rate.PerSecond = n
	return nil
}

// twin is u on http instead of https, or the other way round.
func twin(u *url.URL) *url.URL {
	other := *u
	other.Scheme = map[string]string{"http": "https", "https": "http"}[u.Scheme]
	other.Host = u.Hostname()
	if strings.Contains(other.Host, ":") {
		other.Host = "[" + other.Host + "]"
	}
	return &other
}

// addHost adds the origin of u as people write it, without the port that its scheme implies.
func addHost(s *wire.Scope, u *url.URL) {
	o := wire.OriginOf(u)
	o = strings.TrimSuffix(o, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	if !slices.Contains(s.Hosts, o) {
		s.Hosts = append(s.Hosts, o)
	}
}
