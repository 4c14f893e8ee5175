package intel

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// newer is the embedded data with another manifest.
func newer(t testing.TB, manifest string) fstest.MapFS {
	t.Helper()
	data := fstest.MapFS{}
	err := fs.WalkDir(EmbeddedData(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(EmbeddedData(), name)
		data[name] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data["bundle.yaml"] = &fstest.MapFile{Data: []byte(manifest)}
	return data
}

const tomorrow = "schema: 1\nversion: \"2027.01.05\"\nissued: 2027-01-05T00:00:00Z\n"

func throwAwayKey(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pub, key
}

// put writes an archive and its signature into a fresh folder.
func put(t testing.TB, archive []byte, signature string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "intel.zip")
	for name, body := range map[string][]byte{path: archive, path + SignatureSuffix: []byte(signature)} {
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestWriteAndLoad(t *testing.T) {
	t.Parallel()
	pub, key := throwAwayKey(t)
	var one, two bytes.Buffer
	signature, err := WriteBundle(&one, newer(t, tomorrow), key)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := WriteBundle(&two, newer(t, tomorrow), key); err != nil || again != signature || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("the same data gave another bundle (%v)", err)
	}
	b, err := LoadBundle(put(t, one.Bytes(), signature), pub)
	if err != nil {
		t.Fatal(err)
	}
	if b.Version != "2027.01.05" || len(b.Signs()) != len(Default().Signs()) || len(b.Files("eccube4")) == 0 {
		t.Errorf("version %s with %d signs", b.Version, len(b.Signs()))
	}
	if got := b.Vulnerabilities("eccube4", "core", versions(t, "4.0.5"))[0].Outcome; got != Yes {
		t.Errorf("the loaded bundle says %s", got)
	}

	t.Run("unknown key", func(t *testing.T) {
		t.Parallel()
		other, _ := throwAwayKey(t)
		for _, keys := range [][]ed25519.PublicKey{nil, {other}, {nil}} {
			if _, err := LoadBundle(put(t, one.Bytes(), signature), keys...); !errors.Is(err, ErrSignature) {
				t.Errorf("got %v, want ErrSignature", err)
			}
		}
	})
	t.Run("one byte changed", func(t *testing.T) {
		t.Parallel()
		for _, at := range []int{0, one.Len() / 2, one.Len() - 1} {
			bad := bytes.Clone(one.Bytes())
			bad[at] ^= 1
			if _, err := LoadBundle(put(t, bad, signature), pub); !errors.Is(err, ErrSignature) {
				t.Errorf("byte %d: got %v, want ErrSignature", at, err)
			}
		}
	})
	t.Run("no, empty or torn signature", func(t *testing.T) {
		t.Parallel()
		for _, s := range []string{"", "x", signature[:20], strings.Repeat("A", 88)} {
			if _, err := LoadBundle(put(t, one.Bytes(), s), pub); !errors.Is(err, ErrSignature) {
				t.Errorf("%q: got %v, want ErrSignature", s, err)
			}
		}
		path := put(t, one.Bytes(), signature)
		if err := os.Remove(path + SignatureSuffix); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadBundle(path, pub); !errors.Is(err, ErrSignature) {
			t.Errorf("got %v, want ErrSignature", err)
		}
	})
	t.Run("signed for something else", func(t *testing.T) {
		t.Parallel()
		bare := ed25519.Sign(key, one.Bytes())
		if signedBy([]ed25519.PublicKey{pub}, one.Bytes(), bare) {
			t.Error("a signature without the prefix was accepted")
		}
	})
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		if _, err := LoadBundle(filepath.Join(t.TempDir(), "none"), pub); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, want fs.ErrNotExist", err)
		}
	})
}

// signed makes a bundle that WriteBundle itself would refuse.
func signed(t testing.TB, data fs.FS, key ed25519.PrivateKey) string {
	t.Helper()
	archive, err := pack(data)
	if err != nil {
		t.Fatal(err)
	}
	return put(t, archive, sign64(archive, key))
}

func TestRefusedBundles(t *testing.T) {
	t.Parallel()
	pub, key := throwAwayKey(t)
	for _, c := range []struct {
		name, manifest string
		change         func(fstest.MapFS)
		want           error
		text           string
	}{
		{"older than the embedded one", "schema: 1\nversion: \"2020.01.01\"\nissued: 2020-01-01T00:00:00Z\n", nil, ErrOlder, "2020-01-01"},
		{"unknown layout", "schema: 2\nversion: \"2027.01.05\"\nissued: 2027-01-05T00:00:00Z\n", nil, ErrSchema, "layout 2"},
		{"no date", "schema: 1\nversion: \"2027\"\n", nil, nil, "date missing"},
		{"unknown field", tomorrow + "extra: 1\n", nil, nil, "extra"},
		{"no signs", tomorrow, func(m fstest.MapFS) {
			for name := range m {
				if strings.HasPrefix(name, "signs/") {
					delete(m, name)
				}
			}
		}, nil, "signs/*.yaml"},
		{"broken table", tomorrow, func(m fstest.MapFS) { m["fingerprints/eccube4.tsv.gz"].Data = []byte("x") }, nil, "eccube4"},
		{"sign of an unknown product", tomorrow, func(m fstest.MapFS) {
			m["signs/x.yaml"] = &fstest.MapFile{Data: []byte("- {product: nobody, kind: html, re: a, proves: package}")}
		}, nil, "nobody"},
		{"advisory without a range", tomorrow, func(m fstest.MapFS) {
			m["advisories/x.yaml"] = &fstest.MapFile{Data: []byte("advisories: [{id: CVE-1, product: php, class: server-code, source: x}]")}
		}, nil, "CVE-1"},
		{"fix inside its range", tomorrow, func(m fstest.MapFS) {
			m["advisories/x.yaml"] = &fstest.MapFile{Data: []byte("advisories: [{id: CVE-1, product: php, class: server-code, source: x, affected: [{to: 2.0, fixed: 1.0}], via: {ja: あ, en: a}}]")}
		}, nil, "own range"},
	} {
		data := newer(t, c.manifest)
		if c.change != nil {
			c.change(data)
		}
		_, err := LoadBundle(signed(t, data, key), pub)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %v with %q", c.name, err, c.want, c.text)
		}
		if _, err := WriteBundle(&bytes.Buffer{}, data, key); err == nil && !errors.Is(c.want, ErrOlder) {
			t.Errorf("%s: WriteBundle signed it", c.name)
		}
	}
	archive := []byte("PK no archive")
	if _, err := LoadBundle(put(t, archive, sign64(archive, key)), pub); err == nil || errors.Is(err, ErrSignature) {
		t.Errorf("signed rubbish: %v", err)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	b := &Bundle{Issued: day("2026-11-21")}
	for at, want := range map[time.Time]bool{
		day("2026-11-21"): false, day("2026-12-21"): false, day("2026-12-21").Add(time.Second): true, day("2026-01-01"): false,
	} {
		if got := b.Stale(at); got != want {
			t.Errorf("at %s: %v, want %v", at, got, want)
		}
	}
}

func TestEmbeddedBundle(t *testing.T) {
	t.Parallel()
	if err := Default().unpackAll(); err != nil {
		t.Fatal(err)
	}
	if len(ReleaseKey()) != ed25519.PublicKeySize {
		t.Error("the release key is not a key")
	}
	var size int64
	err := fs.WalkDir(EmbeddedData(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, e := d.Info()
			size, err = size+info.Size(), e
		}
		return err
	})
	if err != nil || size > 1_500_000 {
		t.Errorf("the embedded data take %d bytes (%v), want at most 1.5 million", size, err)
	}
	for _, id := range Default().Fingerprinted() {
		if len(Default().Files(id)) == 0 {
			t.Errorf("%s: no files", id)
		}
	}
	if n := len(Default().Fingerprinted()); n != 25 {
		t.Errorf("%d products with tables, want 25", n)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "x", "AAAA", releaseKey + "AAAA"} {
		if _, err := ParseKey(s); err == nil {
			t.Errorf("%q was read as a key", s)
		}
	}
	if _, err := ParseKey(" " + releaseKey + "\n"); err != nil {
		t.Error(err)
	}
}

func FuzzOpenArchive(f *testing.F) {
	_, key := throwAwayKey(f)
	var archive bytes.Buffer
	if _, err := WriteBundle(&archive, newer(f, tomorrow), key); err != nil {
		f.Fatal(err)
	}
	f.Add(archive.Bytes()[:2000])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if b, err := openArchive(raw); (b == nil) != (err != nil) {
			t.Fatalf("bundle %v with error %v", b, err)
		}
	})
}
