package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// How a request can fail on its way. Callers decide by errors.Is; a replayed
// failure answers the same.
var (
	ErrTimeout     = errors.New("no answer in time")
	ErrConnRefused = errors.New("connection refused")
	ErrReset       = errors.New("connection reset")
	ErrNoHost      = errors.New("name does not resolve")
	ErrDNS         = errors.New("DNS does not answer")
	ErrTLS         = errors.New("TLS handshake failed")
	ErrProtocol    = errors.New("not a valid HTTP answer")
	ErrUnreachable = errors.New("network unreachable")
)

// sentinels maps the stored word of an outcome to the error it stands for.
var sentinels = []struct {
	word string
	err  error
}{
	{"timeout", ErrTimeout}, {"refused", ErrConnRefused}, {"reset", ErrReset}, {"no-host", ErrNoHost}, {"dns", ErrDNS},
	{"tls", ErrTLS}, {"protocol", ErrProtocol}, {"unreachable", ErrUnreachable},
	{"scope", ErrOutOfScope}, {"level", ErrLevel}, {"method", ErrMethod}, {"excluded", ErrExcluded}, {"address", ErrAddress},
	{"robots", ErrRobots}, {"opt-out", ErrOptOut}, {"provider", ErrProvider}, {"abandoned", ErrAbandoned}, {"in-flight", ErrInFlight},
	{"consent", ErrConsent}, {"destructive", ErrDestructive},
	{"budget", ErrBudget}, {"window", ErrWindow}, {"stopped", ErrStopped}, {"not-stored", ErrNotStored},
}

// Failure is an asking that got no answer. It unwraps to one of the sentinels
// above or to the gate's, live and replayed alike.
type Failure struct {
	Kind string `json:"kind"` // "timeout", "refused", "reset", "no-host", "dns", "tls", "protocol", "unreachable", "other", or the gate's reason
	Text string `json:"text"`
}

// Error is the text that was recorded.
func (f *Failure) Error() string { return f.Text }

// Unwrap is the sentinel of f's kind; nil for "other".
func (f *Failure) Unwrap() error {
	for _, s := range sentinels {
		if s.word == f.Kind {
			return s.err
		}
	}
	return nil
}

// Timeout makes f answer like a net.Error.
func (f *Failure) Timeout() bool { return f.Kind == "timeout" }

// failure gives err its kind. doing says what was tried, to what.
func failure(doing string, err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	text := err.Error()
	if doing != "" {
		text = doing + ": " + text
	}
	return &Failure{Kind: kindOf(err), Text: text}
}

func kindOf(err error) string {
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.word
		}
	}
	var dns *net.DNSError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var cert x509.CertificateInvalidError
	var ne net.Error
	switch {
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return "no-host"
		}
		return "dns"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return "reset"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "unreachable"
	case errors.As(err, &alert), errors.As(err, &record), errors.As(err, &cert):
		return "tls"
	case errors.As(err, &ne) && ne.Timeout():
		return "timeout"
	}
	return "other"
}

// passing says that err came from outside the exchange itself (stop, cancel,
// budget, hours), so that it must not be remembered as the answer.
func passing(err error) bool {
	for _, e := range []error{ErrStopped, ErrBudget, ErrWindow, ErrNotStored, ErrAbandoned, context.Canceled, context.DeadlineExceeded, errJournal} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// errJournal marks that the ledger or the records could not be written; nothing leaves then.
var errJournal = errors.New("journal")

func journalErr(err error) error { return fmt.Errorf("%w: %w", errJournal, err) }
