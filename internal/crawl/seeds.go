package crawl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

// Seed is an address that somebody who knows the shop wrote down: a recorded
// visit (HAR), an interface description (OpenAPI, GraphQL) or a list.
type Seed struct {
	Method string   // upper case
	URL    *url.URL // may be relative to the start address
	Source string   // "har", "openapi", "graphql", "list"
	Place  string   // where in the file, for messages: "line 12", "GET /orders"
	// Fields are the places where a value enters. Secrets of a recorded visit
	// (cookies, tokens, passwords) are not carried over.
	Fields []SeedField
	// Template is true when the URL still has {holes}; such an address is recorded, not asked for.
	Template bool
}

// SeedField is one value that a seed's request takes.
type SeedField struct{ Where, Name, Sample string }

// SeedError says why a file of seeds could not be used.
type SeedError struct {
	Name   string    // of the file
	Place  string    // line or part, "" when the whole file is meant
	Reason i18n.Text // for the person who gave the file
	Err    error     // the cause, nil when Reason says it all
}

// Error names the file and the place.
func (e *SeedError) Error() string {
	s := "seeds " + e.Name
	if e.Place != "" {
		s += ", " + e.Place
	}
	s += ": " + e.Reason.EN
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *SeedError) Unwrap() error { return e.Err }

// What a file of seeds may cost.
const (
	maxSeedFile = 64 << 20
	maxSeeds    = 100_000
)

// The reasons for which a file of seeds is refused.
var (
	seedsTooBig  = i18n.Text{JA: "ファイルが大きすぎます（上限 64 MiB）。", EN: "the file is too large (limit 64 MiB)"}
	seedsTooMany = i18n.Text{JA: "アドレスが多すぎます（上限 100,000 件）。", EN: "too many addresses (limit 100,000)"}
	seedsEmpty   = i18n.Text{JA: "アドレスが 1 件もありません。", EN: "there is no address in it"}
	seedsUnknown = i18n.Text{JA: "形式が分かりません。HAR、OpenAPI（JSON・YAML）、GraphQL（SDL・introspection の結果）、URL 一覧のいずれかを指定してください。", EN: "unknown format; give a HAR, OpenAPI (JSON, YAML), GraphQL (SDL, introspection result) or a list of URLs"}
	seedsBroken  = i18n.Text{JA: "ファイルを読み取れません。", EN: "the file cannot be read"}
	seedsBinary  = i18n.Text{JA: "テキストファイルではありません。", EN: "this is not a text file"}
	seedsLine    = i18n.Text{JA: "URL として読めません。1 行に 1 つ、https:// から始まる URL か / から始まるパスを書いてください。", EN: "not a URL; write one a line, starting with https:// or, for a path, with /"}
)

// ReadSeeds reads a file of seeds and tells its format from its content; name
// helps with GraphQL and with messages. Every error is a *SeedError.
func ReadSeeds(r io.Reader, name string) ([]Seed, error) {
	fail := func(reason i18n.Text, place string, err error) ([]Seed, error) {
		return nil, &SeedError{Name: name, Place: place, Reason: reason, Err: err}
	}
	b, err := io.ReadAll(io.LimitReader(r, maxSeedFile+1))
	if err != nil {
		return fail(seedsBroken, "", err)
	}
	if len(b) > maxSeedFile {
		return fail(seedsTooBig, "", nil)
	}
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	if len(b) == 0 {
		return fail(seedsEmpty, "", nil)
	}
	if bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) {
		return fail(seedsBinary, "", nil)
	}
	var seeds []Seed
	switch ext := strings.ToLower(path.Ext(name)); {
	case b[0] == '{' && ext != ".graphql" && ext != ".gql" && ext != ".graphqls":
		seeds, err = readJSONSeeds(b)
	case openAPILine.Match(b):
		var doc any
		if err := yaml.Unmarshal(b, &doc); err != nil {
			return fail(seedsBroken, "", err)
		}
		seeds, err = openAPISeeds(tree(doc))
	case ext == ".graphql" || ext == ".gql" || ext == ".graphqls" || sdlLine.Match(b):
		seeds, err = sdlSeeds(string(b))
	default:
		seeds, err = listSeeds(b)
	}
	var se *SeedError
	switch {
	case errors.As(err, &se):
		se.Name = name
		return nil, se
	case err != nil:
		return fail(seedsBroken, "", err)
	case len(seeds) == 0:
		return fail(seedsEmpty, "", nil)
	case len(seeds) > maxSeeds:
		return fail(seedsTooMany, "", nil)
	}
	return seeds, nil
}

var (
	openAPILine = regexp.MustCompile(`(?m)^["']?(openapi|swagger)["']?\s*:`)
	sdlLine     = regexp.MustCompile(`(?m)^\s*(extend\s+)?(schema|type|interface|input|enum|union|scalar|directive)\b[^:]*[{@=\n]`)
)

func readJSONSeeds(b []byte) ([]Seed, error) {
	var doc any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, &SeedError{Reason: seedsBroken, Err: err}
	}
	top := tree(doc)
	switch {
	case top.get("log").get("entries").list() != nil:
		return harSeeds(top), nil
	case !top.get("openapi").none() || !top.get("swagger").none():
		return openAPISeeds(top)
	case !top.get("data").get("__schema").none():
		return introspectionSeeds(top.get("data").get("__schema")), nil
	case !top.get("__schema").none():
		return introspectionSeeds(top.get("__schema")), nil
	}
	return nil, &SeedError{Reason: seedsUnknown}
}

// listSeeds reads one address a line; a method may stand before it, "#" starts a remark.
func listSeeds(b []byte) ([]Seed, error) {
	var out []Seed
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		place := fmt.Sprintf("line %d", n)
		method, rest := "GET", line
		if m, after, ok := strings.Cut(line, " "); ok && methodWord.MatchString(m) {
			method, rest = m, strings.TrimSpace(after)
		}
		u, err := url.Parse(rest)
		if err != nil || strings.ContainsAny(rest, " \t<>\"") || !strings.HasPrefix(rest, "/") && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return nil, &SeedError{Place: place, Reason: seedsLine, Err: err}
		}
		out = append(out, withQuery(Seed{Method: method, URL: u, Source: "list", Place: place, Template: holes(rest)}))
		if len(out) > maxSeeds {
			return nil, &SeedError{Place: place, Reason: seedsTooMany}
		}
	}
	if err := sc.Err(); err != nil {
		return nil, &SeedError{Reason: seedsLine, Err: err}
	}
	return out, nil
}

var methodWord = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$`)

func holes(s string) bool { return strings.Contains(s, "{") || strings.Contains(s, "%7B") }

// withQuery adds a field for each parameter of the seed's own query.
func withQuery(s Seed) Seed {
	for _, q := range queryOf(s.URL) {
		s.Fields = append(s.Fields, SeedField{"query", q.name, q.value})
	}
	return s
}

type pair struct{ name, value string }

// queryOf lists a query's parameters in their order, undecodable ones as they are.
func queryOf(u *url.URL) []pair {
	var out []pair
	for _, part := range strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		n, v, _ := strings.Cut(part, "=")
		if d, err := url.QueryUnescape(n); err == nil {
			n = d
		}
		if d, err := url.QueryUnescape(v); err == nil {
			v = d
		}
		if n != "" {
			out = append(out, pair{n, v})
		}
		if len(out) == 100 {
			break
		}
	}
	return out
}
