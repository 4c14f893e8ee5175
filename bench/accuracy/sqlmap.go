package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"miseban/bench/accuracy/trial"
	"miseban/bench/gauge"
)

var (
	sqlmapParameter = regexp.MustCompile(`(?m)^Parameter: (.+)$`)
	sqlmapFalse     = regexp.MustCompile(`(?i)false positive or unexploitable`)
)

// sqlmap shows one case of the class sql to sqlmap: start page, two clicks
// deep, forms too, headers and cookies at its level 3, the harmless techniques
// and risk 1.
func (b *bench) sqlmap(ctx context.Context, s *trial.Site) (*outcome, error) {
	o := begin("sqlmap", s)
	s.Count.Reset()
	before, err := s.Intact(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sqlmap")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx2, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	var said bytes.Buffer
	began := time.Now()
	_, err = gauge.Run(ctx2, &said, []string{"HOME=" + dir}, "sqlmap", "-u", s.Origin+"/", "--crawl=2", "--forms", "--batch", "--answers=crawling=Y,sitemap=N,normalize=Y,store=N",
		"--level=3", "--risk=1", "--technique=BET", "--time-sec=2", "--flush-session", "--disable-coloring", "--output-dir="+dir, "--threads=1")
	o.Took, o.Cut = time.Since(began), ctx2.Err() != nil
	if errors.Is(err, exec.ErrNotFound) {
		return nil, err
	}
	text := said.String()
	var alarms []alarm
	for _, m := range sqlmapParameter.FindAllStringSubmatch(text, -1) {
		if !sqlmapFalse.MatchString(text) {
			alarms = append(alarms, alarm{[]string{"sql"}, "", m[1], fmt.Sprintf("sql at %q", strings.TrimSpace(m[1]))})
		}
	}
	o.judge(s, alarms)
	o.end(ctx, s, before, b.log)
	return o, nil
}
