package cli

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"miseban/internal/intel"
)

// TestIntelKey: a bundle signed with an operator's own key is taken with
// --intel-key, and refused without it or with another key.
func TestIntelKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	signature, err := intel.WriteBundle(&b, intel.EmbeddedData(), key)
	if err != nil {
		t.Fatal(err)
	}
	file, keyFile, other := filepath.Join(dir, "b.zip"), filepath.Join(dir, "key"), filepath.Join(dir, "other")
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, b.Bytes())
	write(file+".sig", []byte(signature))
	write(keyFile, []byte(base64.StdEncoding.EncodeToString(pub)+"\n"))
	write(other, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))))
	a := &app{}
	if got, err := a.bundle(file, keyFile); err != nil || got.Version != intel.Default().Version {
		t.Errorf("with its key: %v, %v", got, err)
	}
	for _, k := range []string{"", other, filepath.Join(dir, "none"), file} {
		if _, err := a.bundle(file, k); err == nil {
			t.Errorf("accepted with key file %q", k)
		}
	}
}
