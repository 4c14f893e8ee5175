package notice

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"miseban/internal/account"
	"miseban/internal/report"
)

// Message is a mail in plain text to one person.
type Message struct {
	// ID names the mail: it is the same each time the mail is sent again, so
	// that who gets it twice can see that.
	ID      account.ID
	From    mail.Address
	To      string
	At      time.Time
	Subject string
	Text    string
}

// line is a text as it may stand in a header: one line without anything that
// is not to be seen.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.Join(strings.Fields(s), " ")
}

// Bytes is the mail as it is handed to a server. Whatever a name or a sentence
// holds, it stays within its header or the body.
func (m *Message) Bytes() []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	domain := m.From.Address[strings.LastIndexByte(m.From.Address, '@')+1:]
	header("Date", m.At.In(report.Tokyo()).Format(time.RFC1123Z))
	header("From", (&mail.Address{Name: line(m.From.Name), Address: line(m.From.Address)}).String())
	header("To", (&mail.Address{Address: line(m.To)}).String())
	header("Subject", mime.BEncoding.Encode("utf-8", line(m.Subject)))
	header("Message-ID", "<"+string(m.ID)+"@"+line(domain)+">")
	header("Auto-Submitted", "auto-generated")
	header("X-Auto-Response-Suppress", "All")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	text := strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n", "\r\n")
	coded := base64.StdEncoding.EncodeToString([]byte(text))
	for len(coded) > 76 {
		b.WriteString(coded[:76] + "\r\n")
		coded = coded[76:]
	}
	b.WriteString(coded + "\r\n")
	return b.Bytes()
}
