package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"miseban/bench/accuracy/trial"
	"miseban/bench/gauge"
)

// wapitiModules are those that look for a class. Classes that are not here
// wapiti does not look for, or only with a server outside (ssrf, xxe).
var wapitiModules = map[string]string{
	"sql": "sql,blindsql", "ldap": "sql", "xpath": "sql", "os-command": "exec", "code-injection": "exec", "template-injection": "exec",
	"path-traversal": "file", "file-inclusion": "file", "xss-reflected": "xss", "xss-stored": "xss,permanentxss", "xss-dom": "xss", "open-redirect": "redirect", "response-header": "crlf",
}

// wapitiClasses says for which of our checks a category of wapiti's report may stand.
func wapitiClasses(category, info string) []string {
	low := strings.ToLower(info)
	switch {
	case strings.Contains(low, "ldap"):
		return []string{"ldap"}
	case strings.Contains(low, "xpath"):
		return []string{"xpath"}
	}
	switch category {
	case "SQL Injection", "Blind SQL Injection":
		return []string{"sql", "ldap", "xpath"}
	case "Command execution", "Commands execution":
		return []string{"os-command", "code-injection", "template-injection"}
	case "Path Traversal":
		return []string{"path-traversal", "file-inclusion"}
	case "Cross Site Scripting", "Reflected Cross Site Scripting", "Stored Cross Site Scripting":
		return []string{"xss-reflected", "xss-stored", "xss-dom"}
	case "Open Redirect":
		return []string{"open-redirect"}
	case "CRLF Injection":
		return []string{"response-header"}
	case "Server Side Request Forgery":
		return []string{"ssrf"}
	case "XML External Entity", "XXE":
		return []string{"xxe"}
	}
	return nil
}

// wapiti shows a group of cases of one class to one process, by a page that
// links to all of them: starting the program for each case would cost more
// than the cases.
func (b *bench) wapiti(ctx context.Context, class string, sites []*trial.Site) ([]*outcome, error) {
	modules := wapitiModules[class]
	if modules == "" {
		return nil, nil
	}
	before := make([]string, len(sites))
	outs := make([]*outcome, len(sites))
	byHost := map[string]int{}
	for i, s := range sites {
		s.Count.Reset()
		outs[i] = begin("wapiti", s)
		byHost[strings.TrimPrefix(s.Origin, "http://")] = i
		var err error
		if before[i], err = s.Intact(ctx); err != nil {
			return nil, err
		}
	}
	front, stop, err := directory(sites)
	if err != nil {
		return nil, err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "wapiti")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx2, cancel := context.WithTimeout(ctx, b.limit*time.Duration(len(sites)))
	defer cancel()
	file := filepath.Join(dir, "wapiti.json")
	var said bytes.Buffer
	began := time.Now()
	seconds := strconv.Itoa(int(b.limit.Seconds()) * len(sites) * 8 / 10)
	_, err = gauge.Run(ctx2, &said, []string{"HOME=" + dir}, "wapiti", "-u", front+"/", "--scope", "punk", "-m", modules, "--flush-session", "--no-bugreport", "-v", "0",
		"--max-attack-time", seconds, "-d", "4", "-f", "json", "-o", file)
	took := time.Since(began) / time.Duration(len(sites))
	if errors.Is(err, exec.ErrNotFound) {
		return nil, err
	}
	cut := ctx2.Err() != nil
	if err != nil && !cut {
		return nil, fmt.Errorf("wapiti: %w: %.2000s", err, said.String())
	}
	var report struct {
		Vulnerabilities map[string][]struct {
			Path, Info, Parameter string
			Request               string `json:"http_request"`
		}
	}
	if text, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(text, &report); err != nil {
			return nil, err
		}
	} else if !cut {
		return nil, fmt.Errorf("wapiti wrote no report: %.2000s", said.String())
	}
	alarms := make([][]alarm, len(sites))
	for category, list := range report.Vulnerabilities {
		for _, v := range list {
			i, ok := byHost[hostLine(v.Request)]
			classes := wapitiClasses(category, v.Info)
			if !ok || classes == nil {
				continue
			}
			alarms[i] = append(alarms[i], alarm{classes, v.Path, v.Parameter, fmt.Sprintf("%s at %s %q", category, v.Path, v.Parameter)})
		}
	}
	for i, s := range sites {
		outs[i].Took, outs[i].Cut = took, cut
		outs[i].judge(s, alarms[i])
		outs[i].end(ctx, s, before[i], b.log)
	}
	return outs, nil
}

// hostLine is the Host of a request as wapiti's report shows it.
func hostLine(request string) string {
	for line := range strings.Lines(request) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, "host") {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// directory serves a page with links to the sites.
func directory(sites []*trial.Site) (origin string, stop func(), err error) {
	l, err := net.Listen("tcp4", "127.19.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprint(w, "<!doctype html><title>shops</title>")
		for _, s := range sites {
			fmt.Fprintf(w, "<a href=\"%s/\">%s</a>\n", s.Origin, s.ID)
		}
	})}
	go func() { _ = srv.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = srv.Close() }, nil
}
