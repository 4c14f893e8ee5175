package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"miseban/internal/account"
	"miseban/internal/jobs"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/web"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	listen, public, breached string
	proxies                  []string
	workers                  int
	local                    bool
	mail                     mailFlags
	staff                    staffFlags
	// greet says something more once the server answers; public is its address.
	greet func(public string)
}

// serve is Miseban in the browser.
func (a *app) serve() *cobra.Command {
	var sf serveFlags
	cmd := a.command("serve", func(cmd *cobra.Command, _ []string) error { return a.serveUntil(cmd.Context(), &sf) })
	f := cmd.Flags()
	f.StringVar(&sf.listen, "listen", "127.0.0.1:8080", a.t("待ち受けるアドレスとポート"))
	f.StringVar(&sf.public, "public-url", "", a.t("利用者が開く URL（https://miseban.example.jp など）。省略すると http://localhost とポート番号"))
	f.StringArrayVar(&sf.proxies, "trust-proxy", nil, a.t("前に置いた中継サーバのネットワーク（10.0.0.0/8 など、何度でも）。X-Forwarded-For を信じる"))
	f.StringVar(&sf.breached, "breached-passwords", "", a.t("流出したパスワードの一覧（SHA-1、並べ替え済み）のファイル"))
	a.staffFlags(f, &sf.staff)
	f.IntVar(&sf.workers, "workers", 2, a.t("このプロセスで同時に行う診断の数（0 なら miseban work に任せる）"))
	f.BoolVar(&sf.local, "allow-local", false, a.t("このコンピュータの中の店も診断できるようにする（試すときだけ）"))
	a.mailFlags(f, &sf.mail)
	return cmd
}

// stopWithin is how long answers under way may take once the server is told to stop.
const stopWithin = 10 * time.Second

func (a *app) serveUntil(ctx context.Context, sf *serveFlags) error {
	log := slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: a.logLevel()}))
	opt := web.Options{Log: log, Version: Version}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", sf.listen)
	if err != nil {
		return errors.New(a.t("{address} で待ち受けられません（{error}）。", "address", sf.listen, "error", err.Error()))
	}
	defer l.Close()
	if opt.Public, err = a.publicURL(sf, l.Addr().String()); err != nil {
		return err
	}
	for _, p := range sf.proxies {
		n, err := netip.ParsePrefix(p)
		if err != nil {
			return errors.New(a.t("--trust-proxy は 10.0.0.0/8 の形で指定してください。"))
		}
		opt.Proxies = append(opt.Proxies, n)
	}
	if opt.Staff, err = a.staffFrom(&sf.staff); err != nil {
		return err
	}
	if sf.breached != "" {
		if opt.Breached, err = account.OpenBreached(sf.breached); err != nil {
			return err
		}
	}
	if opt.Public.Scheme == "https" && len(opt.Proxies) == 0 {
		log.WarnContext(ctx, "no --trust-proxy: everybody seems to come from the proxy's address, so that one visitor's mistakes at sign-in keep others waiting")
	}
	smtp, err := a.mailServer(&sf.mail)
	if err != nil {
		return err
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	opt.DB, opt.Mail = db, smtp
	queue, err := a.queue(ctx, db, sf.workers, smtp, sf.local, log)
	if err != nil {
		return err
	}
	if err := db.SetPublic(ctx, strings.TrimSuffix(opt.Public.String(), "/"), time.Now()); err != nil { // for workers that write mails
		return err
	}
	opt.Queue, opt.Local = queue, sf.local
	server, err := web.New(opt)
	if err != nil {
		return err
	}
	any, err := db.AnyPerson(ctx)
	if err != nil {
		return err
	}
	a.printf("%s\n", a.t("{url} で動いています。終えるには Ctrl-C。", "url", opt.Public.String()))
	if !any {
		a.printf("%s\n", a.t("はじめての起動です。ブラウザで開き、次の文字を入力して運用者を登録してください: {token}", "token", server.SetupToken()))
	}
	if sf.greet != nil {
		sf.greet(strings.TrimSuffix(opt.Public.String(), "/"))
	}
	h := &http.Server{
		Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if err := queue.Start(ctx); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	log.InfoContext(ctx, "serving", "listen", l.Addr().String(), "public", opt.Public.String(), "postgres", db.Postgres(), "version", Version)
	select {
	case err = <-failed:
		err = fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	server.Close() // live views end, so that the rest need not wait for them
	err = errors.Join(err, queue.Stop(last))
	if late := h.Shutdown(last); late != nil {
		err = errors.Join(err, late, h.Close())
	}
	log.Info("stopped")
	return err
}

// queue opens the queue of jobs; what the server puts in, the workers of this
// and other processes carry out.
func (a *app) queue(ctx context.Context, db *store.DB, workers int, smtp *notice.Server, local bool, log *slog.Logger) (*jobs.Queue, error) {
	return jobs.Open(ctx, jobs.Options{DB: db, Database: a.databaseName(), Workers: workers, Mail: smtp, Local: local, Log: log, Version: Version, InfoURL: os.Getenv("MISEBAN_INFO_URL")})
}

func (a *app) logLevel() slog.Level {
	if a.verbose {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// publicURL is where people open Miseban. Without the flag it is the name
// localhost: passkeys need a name.
func (a *app) publicURL(sf *serveFlags, listening string) (*url.URL, error) {
	_, port, err := net.SplitHostPort(listening)
	if err != nil {
		return nil, err
	}
	if sf.public == "" {
		return &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}, nil
	}
	u, err := url.Parse(strings.TrimSuffix(sf.public, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New(a.t("--public-url は https://miseban.example.jp の形で指定してください。"))
	}
	return u, nil
}
