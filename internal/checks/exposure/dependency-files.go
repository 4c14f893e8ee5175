package exposure

import (
	"path"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DependencyFiles asks whether the lists of the parts that the shop is built
// from can be read: with them, known holes need not be searched for.
var DependencyFiles = &check.Check{
	Name: "dependency-files", Level: wire.Safe, Severity: check.Low, CWE: 200,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(fixed(candidate{path: "composer.json"}, candidate{path: "composer.lock"}, candidate{path: "vendor/composer/installed.json"},
		candidate{path: "package.json"}, candidate{path: "package-lock.json"}), 16<<10, provesDependencies),
}

var dependencyShapes = map[string]*regexp.Regexp{
	"composer.json":     regexp.MustCompile(`(?s)^\{.*"(?:require|autoload)"\s*:\s*\{`),
	"composer.lock":     regexp.MustCompile(`(?s)^\{.*"(?:content-hash|hash)"\s*:\s*"[0-9a-f]{32}"|^\{\s*"_readme"\s*:\s*\[\s*"This file locks`),
	"installed.json":    regexp.MustCompile(`(?s)"name"\s*:\s*"[\w.-]+/[\w.-]+"\s*,\s*"version"\s*:`),
	"package.json":      regexp.MustCompile(`(?s)^\{.*"(?:dependencies|devDependencies|scripts)"\s*:\s*\{`),
	"package-lock.json": regexp.MustCompile(`(?s)^\{.*"lockfileVersion"\s*:\s*\d`),
}

func provesDependencies(pg *page.Page) *proof {
	name := path.Base(pg.Ex.Path())
	re := dependencyShapes[name]
	if re == nil || !re.MatchString(jsonBody(pg)) {
		return nil
	}
	return &proof{Args: i18n.Args{"name": name}, Excerpt: clip(firstLines(jsonBody(pg)), 160)}
}

var spaces = regexp.MustCompile(`\s+`)

// firstLines is the beginning of a text with its white space folded.
func firstLines(s string) string { return spaces.ReplaceAllString(s[:min(len(s), 400)], " ") }
