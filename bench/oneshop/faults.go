package main

// planted is one fault of the published table, with the check of Miseban that
// looks for it and what the other tools write when they see it. A tool without
// an expression does not look for it.
type planted struct {
	what   string
	checks []string // any of these
	wapiti string
	nmap   string
	tls    string // testssl.sh
	port   int    // of a service that only root can open
	buster bool   // wapiti looks for it by guessing 31,000 names, which is off by default
}

// table holds every fault of the benchmark's shop that Miseban and at least
// one of the other tools look for.
var table = []planted{
	{what: "session cookie without Secure", checks: []string{"cookie-secure"}, wapiti: `(?i)secure flag.*eccube`},
	{what: "session cookie without HttpOnly", checks: []string{"cookie-httponly"}, wapiti: `(?i)httponly flag.*eccube`},
	{what: "no HSTS", checks: []string{"hsts"}, wapiti: `Strict-Transport-Security is not set`},
	{what: "no nosniff", checks: []string{"nosniff"}, wapiti: `X-Content-Type-Options is not set`},
	{what: "pages can be framed", checks: []string{"frame-protection"}, wapiti: `X-Frame-Options is not set`},
	{what: "no content security policy", checks: []string{"csp"}, wapiti: `(?i)CSP is not set`},
	{what: "forms without CSRF token", checks: []string{"csrf-token"}, wapiti: `(?i)(lack of anti csrf|csrf.*(missing|lack|weak|no ))`},
	{what: "public backup files", checks: []string{"backup-file"}, wapiti: `(?i)backup file.*found|Backup file: `},
	{what: "PUT and DELETE offered", checks: []string{"dangerous-methods"}, wapiti: `(?i)(interesting|possible).*methods.*PUT`},
	{what: "phpinfo left behind", checks: []string{"test-left"}, wapiti: `Found webpage \S+phpinfo\.php`, buster: true},
	{what: "public error log", checks: []string{"log-exposed"}, wapiti: `Found webpage \S+error\.log`, buster: true},
	{what: "public .DS_Store", checks: []string{"ds-store"}, wapiti: `Found webpage \S+\.DS_Store`, buster: true},
	{what: "TLS 1.0 and 1.1", checks: []string{"tls-old-protocol"}, tls: `^TLS1(_1)? `},
	{what: "3DES", checks: []string{"tls-weak-cipher"}, tls: `^(SWEET32|cipherlist_3DES_IDEA) `},
	{what: "certificate about to expire", checks: []string{"tls-expiring"}, tls: `^cert_(expirationStatus|notAfter)`},
	{what: "Apache 2.2, no longer supported", checks: []string{"server-eol"}, nmap: `Apache httpd 2\.2\.34`},
	{what: "MySQL reachable", checks: []string{"open-database-port"}, nmap: `(?m)^3306/tcp\s+open\s+mysql`},
	{what: "Redis reachable", checks: []string{"open-database-port"}, nmap: `(?m)^6379/tcp\s+open\s+redis`},
	{what: "FTP without TLS", checks: []string{"plain-ftp"}, nmap: `(?m)^21/tcp\s+open\s+ftp`, port: 21},
	{what: "Telnet", checks: []string{"telnet"}, nmap: `(?m)^23/tcp\s+open\s+telnet`, port: 23},
	{what: "vsftpd 2.3.4 / OpenSSH 7.4, outdated", checks: []string{"service-vulnerable", "service-eol"}, nmap: `vsftpd 2\.3\.4|OpenSSH 7\.4`, port: 21},
}

// wapitiModules are those about the same faults; those that send attacks are left out.
// wapp needs a database that Debian's package does not bring and that is fetched from elsewhere.
const wapitiModules = "cookieflags,http_headers,csp,csrf,backup,methods"
