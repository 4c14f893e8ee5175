package crawl

import (
	"net/url"
	"regexp"
	"strings"
)

// graphQLEndpoint is where a GraphQL interface usually answers; a schema does
// not name its own address.
const graphQLEndpoint = "/graphql"

// introspectionSeeds makes one seed for each field of the root types. Asking
// GraphQL is a POST: the seeds are recorded for later levels, not asked for.
func introspectionSeeds(schema node) []Seed {
	var out []Seed
	roots := map[string]string{}
	for _, r := range []string{"query", "mutation", "subscription"} {
		if n := schema.get(r + "Type").get("name").text(); n != "" {
			roots[n] = r
		}
	}
	for _, t := range schema.get("types").list() {
		root, ok := roots[t.get("name").text()]
		if !ok {
			continue
		}
		for _, f := range t.get("fields").list() {
			var args []string
			for _, a := range f.get("args").list() {
				args = append(args, a.get("name").text())
			}
			out = append(out, graphQLSeed(root, f.get("name").text(), args))
			if len(out) > maxSeeds {
				return out
			}
		}
	}
	return out
}

func graphQLSeed(root, field string, args []string) Seed {
	s := Seed{Method: "POST", URL: &url.URL{Path: graphQLEndpoint}, Source: "graphql", Place: root + " " + field}
	if len(args) == 0 {
		s.Fields = []SeedField{{"json", "query." + field, ""}}
	}
	for _, a := range args {
		s.Fields = append(s.Fields, SeedField{"json", "variables." + field + "." + a, ""})
	}
	return s
}

var (
	sdlComment = regexp.MustCompile(`(?s)""".*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*`)
	sdlSchema  = regexp.MustCompile(`(?s)\bschema\b[^{]*\{([^}]*)\}`)
	sdlRoot    = regexp.MustCompile(`\b(query|mutation|subscription)\s*:\s*(\w+)`)
	sdlType    = regexp.MustCompile(`(?s)\btype\s+(\w+)[^{]*\{([^}]*)\}`)
	sdlField   = regexp.MustCompile(`(?s)(\w+)\s*(?:\(([^)]*)\))?\s*:\s*[\w\[\]!]+`)
	sdlArg     = regexp.MustCompile(`(\w+)\s*:`)
)

// sdlSeeds reads a schema in GraphQL's own language.
func sdlSeeds(src string) ([]Seed, error) {
	src = sdlComment.ReplaceAllString(src, " ")
	roots := map[string]string{"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}
	if m := sdlSchema.FindStringSubmatch(src); m != nil {
		roots = map[string]string{}
		for _, r := range sdlRoot.FindAllStringSubmatch(m[1], -1) {
			roots[r[2]] = r[1]
		}
	}
	var out []Seed
	for _, t := range sdlType.FindAllStringSubmatch(src, -1) {
		root, ok := roots[t[1]]
		if !ok {
			continue
		}
		for _, f := range sdlField.FindAllStringSubmatch(t[2], -1) {
			var args []string
			for _, a := range sdlArg.FindAllStringSubmatch(f[2], -1) {
				args = append(args, a[1])
			}
			out = append(out, graphQLSeed(root, strings.TrimSpace(f[1]), args))
			if len(out) > maxSeeds {
				return out, nil
			}
		}
	}
	return out, nil
}
