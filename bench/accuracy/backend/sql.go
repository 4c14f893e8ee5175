package backend

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// statementTime is the most that one statement of a case may take.
const statementTime = 9 * time.Second

// DB is a database of a case's own.
type DB struct {
	*sql.DB
	Kind string
	drop func()
}

// Open makes a fresh database and fills it.
func (s *Set) Open(kind, name string, fill []string) (*DB, error) {
	var db *DB
	var err error
	switch kind {
	case "sqlite":
		db, err = openSQLite(filepath.Base(s.dir) + name)
	case "postgres":
		db, err = s.openPostgres(name)
	case "mariadb":
		db, err = s.openMaria(name)
	default:
		err = fmt.Errorf("no database is called %q", kind)
	}
	if err != nil {
		return nil, err
	}
	for _, q := range fill {
		if _, err := db.Exec(q); err != nil {
			db.Close()
			return nil, fmt.Errorf("%s: %q: %w", kind, q, err)
		}
	}
	return db, nil
}

// Close drops the database.
func (d *DB) Close() {
	if d.drop != nil {
		d.drop()
	}
	_ = d.DB.Close()
}

// Rows runs a query and gives its rows as text; an error of the database is the case's to show.
func (d *DB) Rows(ctx context.Context, query string, args ...any) ([][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTime)
	defer cancel()
	rows, err := d.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for rows.Next() && len(out) < 200 {
		cells := make([]sql.NullString, len(cols))
		ptrs := make([]any, len(cols))
		for i := range cells {
			ptrs[i] = &cells[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			return out, err
		}
		line := make([]string, len(cols))
		for i, c := range cells {
			line[i] = c.String
		}
		out = append(out, line)
	}
	return out, rows.Err()
}

// Affect runs a statement and gives the number of rows it touched.
func (d *DB) Affect(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, statementTime)
	defer cancel()
	res, err := d.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Dump writes the rows of a query as text, to be compared.
func (d *DB) Dump(ctx context.Context, query string) (string, error) {
	rows, err := d.Rows(ctx, query)
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%q\n", r)
	}
	return b.String(), err
}

func openSQLite(name string) (*DB, error) {
	db, err := sql.Open("sqlite", "file:"+name+"?mode=memory&cache=shared")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	return &DB{DB: db, Kind: "sqlite"}, nil
}

// server is a database server that the bench started.
type server struct {
	cmd  *exec.Cmd
	port int
	root *sql.DB
	done chan struct{}
}

func (v *server) stop() {
	if v.root != nil {
		_ = v.root.Close()
	}
	_ = v.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-v.done:
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(-v.cmd.Process.Pid, syscall.SIGKILL)
		<-v.done
	}
}

// freePort finds a port of loopback that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start runs a server and waits until it lets us in.
func start(dir string, cred *syscall.Credential, port int, driver, dsn, name string, args ...string) (*server, error) {
	cmd := exec.Command(name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TMPDIR=" + dir, "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: cred}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	v := &server{cmd: cmd, port: port, done: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(v.done) }()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		v.stop()
		return nil, err
	}
	db.SetMaxIdleConns(4)
	v.root = db
	deadline := time.After(60 * time.Second)
	for {
		if err = db.Ping(); err == nil {
			return v, nil
		}
		select {
		case <-v.done:
			return nil, fmt.Errorf("%s ended: %s", filepath.Base(name), said.String())
		case <-deadline:
			v.stop()
			return nil, fmt.Errorf("%s does not let us in: %w", filepath.Base(name), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// nobody is whom servers and programs run as when the bench runs as root.
func nobody(names ...string) *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, n := range append(names, "nobody") {
		if u, err := user.Lookup(n); err == nil {
			uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
			gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
			if errors.Join(err1, err2) == nil {
				return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			}
		}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

// own makes a folder that cred may write.
func (s *Set) own(name string, cred *syscall.Credential) (string, error) {
	dir := filepath.Join(s.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if cred == nil {
		return dir, nil
	}
	return dir, os.Chown(dir, int(cred.Uid), int(cred.Gid))
}

func (s *Set) openPostgres(name string) (*DB, error) {
	s.mu.Lock()
	if s.postgres == nil && s.pgErr == nil {
		s.postgres, s.pgErr = s.startPostgres()
	}
	v, err := s.postgres, s.pgErr
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if _, err := v.root.Exec("CREATE SCHEMA " + name); err != nil {
		return nil, err
	}
	db, err := sql.Open("pgx", fmt.Sprintf("postgres://shop@127.0.0.1:%d/postgres?sslmode=disable&search_path=%s&statement_timeout=9000&default_query_exec_mode=simple_protocol", v.port, name))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(3)
	return &DB{DB: db, Kind: "postgres", drop: func() { _, _ = v.root.Exec("DROP SCHEMA " + name + " CASCADE") }}, nil
}

func (s *Set) startPostgres() (*server, error) {
	cred := nobody("postgres")
	dir, err := s.own("postgres", cred)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program("initdb"), "-D", filepath.Join(dir, "data"), "-U", "shop", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return start(dir, cred, port, "pgx", fmt.Sprintf("postgres://shop@127.0.0.1:%d/postgres?sslmode=disable", port),
		program("postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c", "autovacuum=off")
}

func (s *Set) openMaria(name string) (*DB, error) {
	s.mu.Lock()
	if s.maria == nil && s.mariaErr == nil {
		s.maria, s.mariaErr = s.startMaria()
	}
	v, err := s.maria, s.mariaErr
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if _, err := v.root.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4"); err != nil {
		return nil, err
	}
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?max_statement_time=9&interpolateParams=true", v.port, name))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(3)
	return &DB{DB: db, Kind: "mariadb", drop: func() { _, _ = v.root.Exec("DROP DATABASE " + name) }}, nil
}

func (s *Set) startMaria() (*server, error) {
	cred := nobody("mysql")
	dir, err := s.own("mariadb", cred)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	cmd := exec.Command(program("mariadb-install-db"), "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-flush-log-at-trx-commit=0")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=" + dir, "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	none, err := s.own("none", cred) // the only folder whose files a statement may name
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return start(dir, cred, port, "mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", port),
		program("mariadbd"), "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(port), "--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "pid"),
		"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-log-bin", "--performance-schema=OFF", "--max-connections=300", "--innodb-buffer-pool-size=64M", "--skip-name-resolve", "--secure-file-priv="+none)
}
