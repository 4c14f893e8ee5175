package exposure

import (
	"bytes"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// BackupFile asks whether archives, database dumps or old copies of scripts
// can be downloaded. Only the first bytes are read: the rest is customers' data.
var BackupFile = &check.Check{
	Name: "backup-file", Level: wire.Safe, Severity: check.High, CWE: 530,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(backups, 512, provesBackup),
}

// usual are the names that people and tools give to a copy of everything.
var usual = []candidate{
	{path: "backup.zip", root: true}, {path: "backup.tar.gz", root: true}, {path: "backup.sql", root: true}, {path: "backup.sql.gz", root: true},
	{path: "dump.sql", root: true}, {path: "dump.sql.gz", root: true}, {path: "db.sql", root: true}, {path: "www.zip", root: true}, {path: "html.zip", root: true},
	{path: "public_html.zip", root: true}, {path: "eccube.sql", of: eccube, root: true}, {path: "eccube.zip", of: eccube, root: true},
	{path: "wordpress.zip", of: wordpress, root: true},
}

// fromListings bounds the archives that folder listings named and that are looked at.
const fromListings = 8

func backups(p *check.Pass, r *running) []string {
	out := listed(p)
	out = append(out, r.paths(usual...)...)
	host := strings.TrimPrefix(strings.ToLower(r.root.Hostname()), "www.")
	names := []string{host}
	if _, err := netip.ParseAddr(host); err != nil {
		if name, _, ok := strings.Cut(host, "."); ok && len(name) > 2 && name != "shop" && name != "store" {
			names = append(names, name)
		}
	}
	for i, n := range names {
		for _, ext := range []string{".zip", ".tar.gz", ".sql"}[:3-i] {
			out = append(out, "/"+n+ext)
		}
	}
	for _, s := range scripts(p, r) {
		for _, ext := range []string{".bak", "~", ".old"} {
			out = append(out, s+ext)
		}
	}
	return out
}

// listed are the archives and dumps that folder listings of the shop name.
func listed(p *check.Pass) []string {
	var out []string
	for _, pg := range p.Site.Pages {
		if listing(pg) == nil {
			continue
		}
		for _, l := range pg.Links {
			if l.URL != nil && p.Scope.HasOrigin(l.URL) && telling.MatchString(l.URL.Path) && len(out) < fromListings && !slices.Contains(out, l.URL.Path) {
				out = append(out, l.URL.Path)
			}
		}
	}
	return out
}

var telling = regexp.MustCompile(`(?i)\.(?:zip|sql|gz|tgz|tar|bz2|7z|bak|old|orig|save|dump)$`)

// scripts are the files whose old copies show most: the front page, and the
// first of what the shop names by an address with an ending.
func scripts(p *check.Pass, r *running) []string {
	out := []string{r.bases[len(r.bases)-1] + "index.php"}
	for _, pg := range p.Site.Pages {
		if e := path.Ext(pg.URL.Path); e == ".php" && len(out) < 2 && !slices.Contains(out, pg.URL.Path) && pg.Ex.Status == 200 {
			out = append(out, pg.URL.Path)
		}
	}
	return out
}

var (
	sqlDump = regexp.MustCompile(`(?i)-- (?:MySQL|MariaDB) dump|-- phpMyAdmin SQL Dump|-- PostgreSQL database dump|-- Dumping data for table|-- Adminer [\d.]+|PRAGMA foreign_keys=OFF|CREATE TABLE (?:IF NOT EXISTS )?[` + "`" + `"\w.]+\s*\(|INSERT INTO [` + "`" + `"\w.]+ (?:\(|VALUES)|SET SQL_MODE\s*=`)
	phpCode = regexp.MustCompile(`<\?php|<\?=|\brequire(?:_once)?\b.{1,80};`)
)

func provesBackup(pg *page.Page) *proof {
	b := plain(pg)
	name := path.Base(pg.Ex.Path())
	size := sizeOf(pg.Ex)
	switch {
	case b == nil:
		return nil
	case strings.HasSuffix(name, ".sql") || strings.HasSuffix(name, ".dump"):
		if m := sqlDump.Find(b); m != nil {
			return &proof{Case: "dump", Args: i18n.Args{"size": size}, Excerpt: clip(string(m), 60)}
		}
	case strings.HasSuffix(name, ".zip") && bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return &proof{Case: "archive", Args: i18n.Args{"size": size}, Excerpt: "PK… " + zipName(b)}
	case strings.HasSuffix(name, "gz") && bytes.HasPrefix(b, []byte("\x1f\x8b\x08")):
		return &proof{Case: "archive", Args: i18n.Args{"size": size}, Excerpt: "gzip (1f 8b 08)"}
	case strings.HasSuffix(name, ".7z") && bytes.HasPrefix(b, []byte("7z\xbc\xaf\x27\x1c")), strings.HasSuffix(name, ".bz2") && bytes.HasPrefix(b, []byte("BZh")),
		strings.HasSuffix(name, ".tar") && len(b) > 262 && string(b[257:262]) == "ustar":
		return &proof{Case: "archive", Args: i18n.Args{"size": size}}
	case copyOf.MatchString(name):
		if m := phpCode.Find(b); m != nil {
			return &proof{Case: "source", Args: i18n.Args{"size": size}, Excerpt: clip(string(m), 40)}
		}
	}
	return nil
}

var copyOf = regexp.MustCompile(`(?:\.(?:bak|old|orig|save)|~)$`)

// zipName is the name of the first file in a zip archive: it tells what was packed.
func zipName(b []byte) string {
	if len(b) < 30 {
		return ""
	}
	n := int(b[26]) | int(b[27])<<8
	return clip(string(b[30:min(len(b), 30+n)]), 60)
}

// sizeOf is how large the file is as far as the answer says.
func sizeOf(ex *wire.Exchange) string {
	n, err := strconv.ParseInt(ex.Header.Get("Content-Length"), 10, 64)
	switch {
	case err != nil && ex.Truncated:
		return "?"
	case err != nil:
		n = ex.BodySize
	}
	switch {
	case n >= 1<<20:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

func itoa(n int) string { return strconv.Itoa(n) }

// folderOf is the folder part of an address's path, with its slash.
func folderOf(u *url.URL) string {
	dir, _ := path.Split(u.Path)
	if dir == "" {
		return "/"
	}
	return dir
}
