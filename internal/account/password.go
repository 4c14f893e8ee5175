package account

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the format of breached-password lists
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// hashing bounds how many passwords are hashed side by side: each takes 19 MiB,
// and a crowd at the sign-in page must not take the machine.
var hashing = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

var argon = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// The bounds of a password's length in characters. Length is what counts; no
// mixture of kinds of characters is asked for.
const (
	PasswordLeast = 12
	PasswordMost  = 128
)

// HashPassword hashes a password for keeping. It waits for its turn.
func HashPassword(ctx context.Context, password string) (string, error) {
	if err := turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-hashing }()
	return argon2id.CreateHash(norm.NFC.String(password), argon)
}

// nobody is a hash that no password has, for accounts that do not exist: the
// answer takes as long.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBhY2NvdW50IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// SamePassword says whether password is the one that hash was made of. An
// empty hash takes as long as any other and is never the same.
func SamePassword(ctx context.Context, password, hash string) (bool, error) {
	if err := turn(ctx); err != nil {
		return false, err
	}
	defer func() { <-hashing }()
	if longer(password, PasswordMost) {
		password = "" // not hashed: as long as somebody likes
	}
	exists := hash != ""
	if !exists {
		hash = nobody
	}
	same, err := argon2id.ComparePasswordAndHash(norm.NFC.String(password), hash)
	if err != nil {
		return false, fmt.Errorf("comparing a password: %w", err)
	}
	return same && exists, nil
}

func turn(ctx context.Context) error {
	select {
	case hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

//go:embed common.txt
var common string

// CheckPassword says what is wrong with a password that somebody chose. mail
// and name must not be what it consists of; breached, if not nil, knows lists of stolen ones.
func CheckPassword(ctx context.Context, password, mail, name string, breached *Breached) (Reason, error) {
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < PasswordLeast:
		return Reason{Message: "パスワードは 12 文字以上にしてください。単語をいくつか並べると、長くても覚えやすくなります。"}, nil
	case n > PasswordMost:
		return Reason{Message: "パスワードは 128 文字までにしてください。"}, nil
	}
	plain := strings.ToLower(password)
	for _, own := range []string{mail, before(mail), name, "miseban"} {
		own = strings.ToLower(own)
		if len(own) >= 4 && len(strings.ReplaceAll(plain, own, "")) < 8 {
			return Reason{Message: "名前やメールアドレスから作ったパスワードは、推測されやすいため使えません。"}, nil
		}
	}
	if distinct(plain) < 5 {
		return Reason{Message: "同じ文字の繰り返しは、推測されやすいため使えません。"}, nil
	}
	for line := range strings.Lines(common) {
		if strings.TrimSpace(line) == plain {
			return Reason{Message: "よく使われているパスワードなので、推測されやすく、使えません。"}, nil
		}
	}
	if breached != nil {
		known, err := breached.Knows(ctx, password)
		if err != nil {
			return Reason{}, err
		}
		if known {
			return Reason{Message: "過去に流出したパスワードの一覧に載っているため、使えません。"}, nil
		}
	}
	return Reason{}, nil
}

func before(mail string) string { local, _, _ := strings.Cut(mail, "@"); return local }

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// Breached looks passwords up in a file of SHA-1 sums in hexadecimal, one a
// line and sorted, as published lists of stolen passwords come ("SUM:COUNT").
type Breached struct{ file string }

// OpenBreached checks that a file can be read as such a list.
func OpenBreached(file string) (*Breached, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("list of stolen passwords: %w", err)
	}
	defer f.Close()
	head := make([]byte, 40)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, fmt.Errorf("list of stolen passwords %s: %w", file, err)
	}
	if _, err := hex.Decode(make([]byte, 20), head); err != nil {
		return nil, fmt.Errorf("list of stolen passwords %s: the first line is no SHA-1 sum: %w", file, err)
	}
	return &Breached{file}, nil
}

// Knows says whether the list has the password. It reads a few blocks, however
// long the list is.
func (b *Breached) Knows(_ context.Context, password string) (bool, error) {
	f, err := os.Open(b.file)
	if err != nil {
		return false, fmt.Errorf("list of stolen passwords: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	h := sha1.Sum([]byte(password)) //nolint:gosec // the format of the list
	want := []byte(strings.ToUpper(hex.EncodeToString(h[:])))
	low, high := int64(0), info.Size() // the line, if it is there, begins in [low, high)
	for high-low > 4096 {
		mid := low + (high-low)/2
		start, line, err := lineAfter(f, mid)
		if err != nil {
			return false, err
		}
		if start >= high || line == nil {
			high = mid
			continue
		}
		switch bytes.Compare(key(line), want) {
		case 0:
			return true, nil
		case 1:
			high = mid
		default:
			low = start
		}
	}
	in := bufio.NewScanner(io.NewSectionReader(f, low, high-low+256))
	for in.Scan() {
		if subtle.ConstantTimeCompare(key(in.Bytes()), want) == 1 {
			return true, nil
		}
	}
	return false, in.Err()
}

// lineAfter reads the first whole line that begins after offset.
func lineAfter(f io.ReaderAt, offset int64) (int64, []byte, error) {
	b := make([]byte, 512)
	n, err := f.ReadAt(b, offset)
	if err != nil && err != io.EOF {
		return 0, nil, err
	}
	b = b[:n]
	i := bytes.IndexByte(b, '\n')
	if i < 0 || i+1 >= len(b) {
		return offset + int64(n), nil, nil
	}
	return offset + int64(i) + 1, b[i+1:], nil
}

// key is the sum at the head of a line.
func key(line []byte) []byte {
	return bytes.ToUpper(line[:min(40, len(line))])
}
