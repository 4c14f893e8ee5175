package store

import (
	"encoding/base64"
	"strings"

	"miseban/internal/account"
)

// Cursor is where a page of a list ended: the sort key and the ID of its last
// row. The zero Cursor is the beginning.
type Cursor struct {
	Key string
	ID  account.ID
}

// String is the cursor as it stands in a URL.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(string(c.ID) + " " + c.Key))
}

// ParseCursor reads what String wrote; anything else is the beginning.
func ParseCursor(s string) Cursor {
	b, err := base64.RawURLEncoding.DecodeString(s)
	id, key, ok := strings.Cut(strings.ToValidUTF8(string(b), ""), " ")
	if err != nil || !ok || !account.ID(id).Valid() || strings.ContainsRune(key, 0) {
		return Cursor{}
	}
	return Cursor{key, account.ID(id)}
}

// contains is the LIKE pattern, with ESCAPE '!', of texts that hold s in any case.
func contains(s string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s)) + "%"
}
