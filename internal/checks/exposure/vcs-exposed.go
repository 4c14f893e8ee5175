package exposure

import (
	"bytes"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// VCSExposed asks whether the folder of a version control system came along
// with the shop: from it the whole source, with its history, can be rebuilt.
var VCSExposed = &check.Check{
	Name: "vcs-exposed", Level: wire.Safe, Severity: check.High, CWE: 527,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seekEverywhere(fixed(candidate{path: ".git/HEAD"}, candidate{path: ".svn/wc.db"}, candidate{path: ".svn/entries"}, candidate{path: ".hg/requires"}), 512, provesVCS),
}

var (
	gitHead    = regexp.MustCompile(`^(?:ref: refs/[\w./-]+|[0-9a-f]{40})\s*$`)
	svnEntries = regexp.MustCompile(`^(?:8|9|10)\r?\n\r?\ndir\r?\n`)
	hgRequires = regexp.MustCompile(`(?m)^(?:revlogv1|store|fncache|dotencode|share-safe)$`)
)

func provesVCS(pg *page.Page) *proof {
	b := plain(pg)
	if b == nil {
		return nil
	}
	path := pg.Ex.Path()
	switch {
	case strings.HasSuffix(path, ".git/HEAD") && gitHead.Match(b):
		return &proof{Args: i18n.Args{"kind": "Git"}, Excerpt: clip(strings.TrimSpace(string(b)), 80)}
	case strings.HasSuffix(path, "wc.db") && bytes.HasPrefix(b, []byte("SQLite format 3\x00")):
		return &proof{Args: i18n.Args{"kind": "Subversion"}, Excerpt: "SQLite format 3"}
	case strings.HasSuffix(path, "entries") && svnEntries.Match(b):
		return &proof{Args: i18n.Args{"kind": "Subversion"}, Excerpt: "dir"}
	case strings.HasSuffix(path, "requires") && len(hgRequires.FindAll(b, -1)) >= 2:
		return &proof{Args: i18n.Args{"kind": "Mercurial"}, Excerpt: clip(string(b), 80)}
	}
	return nil
}
