package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// allowance is how much of a foreign workbook is taken in.
type allowance struct {
	bytes int64 // unzipped
	tags  int   // outside of its sheets: the library holds all of these at once
	rows  int   // tags of its sheets, which it reads one after the other
	cells int   // of the sheets that are looked at, empty ones before a full one too
}

// ErrTooLarge is told of a workbook that would take more to read than a list
// of ours ever needs.
var ErrTooLarge = errors.New("the workbook is too large to read")

// readers are how many foreign workbooks are held at the same time.
var readers = make(chan struct{}, 2)

// with reads a foreign workbook, if what is in it is within bounds: a small file
// can unzip to millions of words, each of which the library makes a value of.
// Who sends slowly keeps nobody else waiting.
func (a allowance) with(r io.Reader, read func(*excelize.File) error) (err error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoWorkbook, err)
	}
	if err := a.weigh(data); err != nil {
		return err
	}
	readers <- struct{}{}
	defer func() {
		<-readers
		if p := recover(); p != nil { // a broken file may surprise the library
			err = fmt.Errorf("%w: %v", ErrNoWorkbook, p)
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: a.bytes, UnzipXMLSizeLimit: a.bytes, RawCellValue: true})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoWorkbook, err)
	}
	defer f.Close()
	return read(f)
}

// weigh unzips a workbook without keeping it and counts. What the list of its
// parts says of their sizes is not believed.
func (a allowance) weigh(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoWorkbook, err)
	}
	var size int64
	tags, rows := 0, 0
	buf := make([]byte, 32<<10)
	for _, part := range z.File {
		p, err := part.Open()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoWorkbook, err)
		}
		head, sheet := true, false
		for {
			n, err := io.ReadFull(p, buf)
			if head { // what is no sheet by its first words is none, wherever it lies
				head, sheet = false, isSheet(buf[:n])
			}
			size += int64(n)
			if count := bytes.Count(buf[:n], []byte("<")); sheet {
				rows += count
			} else {
				tags += count
			}
			if size > a.bytes || tags > a.tags || rows > a.rows {
				return errors.Join(ErrTooLarge, p.Close())
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				break
			}
			if err != nil {
				return errors.Join(fmt.Errorf("%w: %w", ErrNoWorkbook, err), p.Close())
			}
		}
		if err := p.Close(); err != nil {
			return fmt.Errorf("%w: %w", ErrNoWorkbook, err)
		}
	}
	return nil
}

// isSheet says whether a part begins as a sheet does; the library takes a part
// for nothing else than its first tag says.
func isSheet(begin []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(begin))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		switch t, err := d.Token(); x := t.(type) {
		case xml.StartElement:
			return x.Name.Local == "worksheet"
		default:
			if err != nil {
				return false
			}
		}
	}
}

// counted takes the cells of a row off the allowance.
func (a *allowance) counted(cells []string) error {
	if a.cells -= len(cells); a.cells < 0 {
		return ErrTooLarge
	}
	return nil
}
