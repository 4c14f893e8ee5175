package account

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"
)

// ErrNoText is told of a file that is no text in an encoding that is read.
var ErrNoText = errors.New("not a CSV file in UTF-8 or Shift_JIS")

// ErrTooWide is told of a file with a row that no list of ours has.
var ErrTooWide = errors.New("a row of the file is too long")

const csvPeek = 64 << 10

// mostColumns is how many columns are looked at; a list of ours has some thirty.
const mostColumns = 300

// mostLine is how many bytes a line of the file may have: all columns with as
// much as may stand in them. What is longer would be cut into millions of cells.
const mostLine = 1 << 20

// shortLines refuses lines that are too long before anything is made of them.
type shortLines struct {
	r    io.Reader
	line int
}

// Read reads on, up to a line that is too long.
func (s *shortLines) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		at := bytes.IndexByte(rest, '\n')
		if at < 0 {
			s.line += len(rest)
			rest = nil
		} else {
			if s.line += at; s.line <= mostLine {
				s.line = 0
			}
			rest = rest[at+1:]
		}
		if s.line > mostLine {
			return 0, ErrTooWide
		}
	}
	return n, err
}

// CSV reads the rows of a CSV file in UTF-8, with or without a mark at the
// beginning, or in Shift_JIS as Japanese Excel writes it, one after the other.
// It hands each on with its line; an error of row ends the reading.
func CSV(r io.Reader, row func(line int, cells []string) error) error {
	b := bufio.NewReaderSize(r, csvPeek)
	head, err := b.Peek(csvPeek)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	src := io.Reader(b)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.IndexByte(head, 0) >= 0:
		return ErrNoText
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		if _, err := b.Discard(3); err != nil {
			return err
		}
	case !text8(head):
		src = transform.NewReader(b, japanese.ShiftJIS.NewDecoder())
	}
	c := csv.NewReader(&shortLines{r: src})
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	if bytes.Count(firstRow(head), []byte("\t")) > bytes.Count(firstRow(head), []byte(",")) {
		c.Comma = '\t'
	}
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := c.FieldPos(0)
		cells = cells[:min(len(cells), mostColumns)]
		if err := row(line, cells); err != nil {
			return err
		}
	}
}

func firstRow(b []byte) []byte {
	row, _, _ := bytes.Cut(b, []byte("\n"))
	return row
}

// text8 says that bytes are UTF-8; the last character may be cut off.
func text8(b []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(b) {
			return true
		}
		if len(b) == 0 {
			return true
		}
		b = b[:len(b)-1]
	}
	return false
}
