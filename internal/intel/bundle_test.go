package intel

import "testing"

func TestEmbeddedBundle(t *testing.T) {
	t.Parallel()
	if err := Default().unpackAll(); err != nil {
		t.Fatal(err)
	}
}
