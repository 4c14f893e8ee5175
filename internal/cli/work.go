package cli

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"
)

// work carries out the queue's jobs, and nothing else: on as many machines as
// wanted that share a PostgreSQL database and the key file.
func (a *app) work() *cobra.Command {
	var workers int
	var mf mailFlags
	cmd := a.command("work", func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		log := slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: a.logLevel()}))
		smtp, err := a.mailServer(&mf)
		if err != nil {
			return err
		}
		db, err := a.open(ctx)
		if err != nil {
			return err
		}
		defer db.Close()
		if !db.Postgres() {
			return errors.New(a.t("miseban work には PostgreSQL が必要です。--database postgres://… を指定してください。SQLite では miseban serve だけで足ります。"))
		}
		if workers < 1 {
			return errors.New(a.t("--workers は 1 以上を指定してください。"))
		}
		queue, err := a.queue(ctx, db, workers, smtp, false, log)
		if err != nil {
			return err
		}
		if err := queue.Start(ctx); err != nil {
			return err
		}
		log.InfoContext(ctx, "working", "workers", workers, "version", Version)
		<-ctx.Done()
		log.Info("stopping")
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = queue.Stop(last)
		log.Info("stopped")
		return err
	})
	cmd.Flags().IntVar(&workers, "workers", 2, a.t("このプロセスで同時に行う診断の数"))
	a.mailFlags(cmd.Flags(), &mf)
	return cmd
}
