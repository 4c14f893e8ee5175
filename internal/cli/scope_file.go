package cli

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"miseban/internal/report"
	"miseban/internal/wire"
)

// readScope reads a scope file strictly: an unknown word is an error with its line.
func (a *app) readScope(file string) (*wire.Scope, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var s wire.Scope
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		return nil, errors.New(strings.Join(a.scopeFaults(file, b, err), "\n"))
	}
	if len(s.Hosts) == 0 {
		return nil, errors.New(a.t("{file} に hosts がありません。診断してよい接続先を https://shop.example の形で書いてください。", "file", file))
	}
	wholeDays(b, &s.Consent)
	return &s, nil
}

var justDate = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

// wholeDays reads dates without a time of day as people mean them: the day in
// Japan, the last one to its end.
func wholeDays(b []byte, c *wire.Consent) {
	var raw struct {
		Consent struct {
			Given yaml.Node `yaml:"given"`
			Until yaml.Node `yaml:"until"`
		} `yaml:"consent"`
	}
	if yaml.Unmarshal(b, &raw) != nil {
		return // the strict reader has seen it before
	}
	day := func(n yaml.Node) (time.Time, bool) {
		t, err := time.ParseInLocation(time.DateOnly, n.Value, report.Tokyo())
		return t, err == nil && justDate.MatchString(n.Value)
	}
	if t, ok := day(raw.Consent.Given); ok {
		c.Given = t
	}
	if t, ok := day(raw.Consent.Until); ok {
		c.Until = endOfDay(t)
	}
}

var (
	yamlLine    = regexp.MustCompile(`line (\d+): (.*)`)
	yamlUnknown = regexp.MustCompile(`^field (\S+) not found in type`)
)

// scopeFaults puts the reader's error into lines of "file:line: what is wrong".
func (a *app) scopeFaults(file string, b []byte, err error) []string {
	at := func(line, what string) string { return file + ":" + line + ": " + what }
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) {
		var out []string
		for _, e := range wrong.Errors {
			m := yamlLine.FindStringSubmatch(e)
			switch {
			case m == nil:
				out = append(out, file+": "+e)
			case yamlUnknown.MatchString(m[2]):
				out = append(out, at(m[1], a.t("「{name}」という項目はありません。", "name", yamlUnknown.FindStringSubmatch(m[2])[1])))
			default:
				out = append(out, at(m[1], a.t("値の形が違います。")))
			}
		}
		return out
	}
	var doc yaml.Node
	if yaml.Unmarshal(b, &doc) == nil && len(doc.Content) == 1 && doc.Content[0].Kind == yaml.MappingNode {
		top := doc.Content[0]
		for i := 0; i+1 < len(top.Content); i += 2 { // a value that its own type refuses comes without its line
			one := yaml.Node{Kind: yaml.MappingNode, Content: top.Content[i : i+2]}
			var s wire.Scope
			if one.Decode(&s) != nil {
				k := top.Content[i]
				return []string{at(strconv.Itoa(k.Line), a.t("{name} の値「{value}」は使えません。", "name", k.Value, "value", scalars(top.Content[i+1])))}
			}
		}
	}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return []string{at(m[1], a.t("YAML として読めません（{detail}）。", "detail", m[2]))}
	}
	if strings.TrimSpace(string(b)) == "" {
		return []string{file + ": " + a.t("ファイルが空です。")}
	}
	return []string{file + ": " + a.t("YAML として読めません（{detail}）。", "detail", err.Error())}
}

// scalars shows the values below a node.
func scalars(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	var out []string
	for _, c := range n.Content {
		out = append(out, scalars(c))
	}
	return strings.Join(out, " ")
}

// checkScope finds what a scope lacks, in the user's words.
func (a *app) checkScope(s *wire.Scope) error {
	for _, h := range s.Hosts {
		u, err := url.Parse(h)
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
			return errors.New(a.t("hosts の「{host}」は https://shop.example の形で書いてください。", "host", h))
		}
	}
	if list := s.Faults(time.Now()); len(list) > 0 && (s.Authority.Person != "" && s.Authority.Organisation != "" || local(s)) {
		return errors.New(a.faultsText(list))
	}
	for _, w := range s.Windows {
		for _, t := range []string{w.From, w.Until} {
			if !clock(t) {
				return errors.New(a.t("windows の時刻「{time}」は 02:00 の形で書いてください。", "time", t))
			}
		}
		if _, err := time.LoadLocation(w.Zone); err != nil {
			return errors.New(a.t("windows の zone「{zone}」は Asia/Tokyo の形で書いてください。", "zone", w.Zone))
		}
	}
	client, err := wire.NewClient(wire.Options{Scope: s, Version: Version})
	if err != nil {
		return err
	}
	client.Close()
	return nil
}
