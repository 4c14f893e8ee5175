package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// A backup is, compressed: the magic line, the head as JSON, the tables with
// their rows, and the number of rows with a sum over all of it.
const (
	backupMagic  = "miseban backup\n"
	backupFormat = 1

	mostName    = 1 << 10  // bytes of a name
	mostColumns = 100      // of a table
	mostRow     = 64 << 20 // bytes of a row's texts and bytes: all that is held at a time
	markTable   = 'T'
	markRow     = 'R'
	markEnd     = 'E'
	valueNull   = 0
	valueNumber = 1
	valueText   = 2
	valueBytes  = 3
)

type backupWriter struct {
	z    *zstd.Encoder
	w    *bufio.Writer
	sum  hash.Hash
	rows uint64
	err  error
}

func newBackupWriter(w io.Writer, head *BackupHead) (*backupWriter, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	b := &backupWriter{z: z, sum: sha256.New()}
	b.w = bufio.NewWriterSize(io.MultiWriter(z, b.sum), 64<<10)
	doc, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	b.bytes([]byte(backupMagic))
	b.text(string(doc))
	return b, b.err
}

func (b *backupWriter) bytes(p []byte) {
	if b.err == nil {
		_, b.err = b.w.Write(p)
	}
}

func (b *backupWriter) number(n uint64) { b.bytes(binary.AppendUvarint(nil, n)) }

func (b *backupWriter) text(s string) {
	b.number(uint64(len(s)))
	if b.err == nil {
		_, b.err = b.w.WriteString(s)
	}
}

func (b *backupWriter) table(name string, columns []string) error {
	b.bytes([]byte{markTable})
	b.text(name)
	b.number(uint64(len(columns)))
	for _, c := range columns {
		b.text(c)
	}
	return b.err
}

func (b *backupWriter) row(values []any) error {
	b.rows++
	b.bytes([]byte{markRow})
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b.bytes([]byte{valueNull})
		case int64:
			b.bytes(binary.AppendVarint([]byte{valueNumber}, v))
		case string:
			b.bytes([]byte{valueText})
			b.text(v)
		case []byte:
			b.bytes([]byte{valueBytes})
			b.number(uint64(len(v)))
			b.bytes(v)
		default:
			return fmt.Errorf("a value of type %T", v)
		}
	}
	return b.err
}

func (b *backupWriter) close() error {
	b.bytes([]byte{markEnd})
	b.number(b.rows)
	if b.err == nil {
		b.err = b.w.Flush()
	}
	if b.err == nil {
		_, b.err = b.z.Write(b.sum.Sum(nil))
	}
	return errors.Join(b.err, b.z.Close())
}

// backupReader reads what a backupWriter wrote, and believes nothing: the file
// may be broken, or made by somebody else.
type backupReader struct {
	z       *zstd.Decoder
	r       *bufio.Reader
	sum     hash.Hash
	rows    uint64
	columns int
	one     [1]byte
	head    BackupHead
}

// ReadByte hands on a byte and takes it into the sum.
func (b *backupReader) ReadByte() (byte, error) {
	c, err := b.r.ReadByte()
	if err == nil {
		b.one[0] = c
		b.sum.Write(b.one[:])
	}
	return c, err
}

func newBackupReader(r io.Reader) (*backupReader, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, err
	}
	b := &backupReader{z: z, r: bufio.NewReaderSize(z, 64<<10), sum: sha256.New()}
	magic, err := b.take(uint64(len(backupMagic)), mostName)
	if err != nil || string(magic) != backupMagic {
		z.Close()
		return nil, fmt.Errorf("%w: %w", ErrBackup, errors.Join(err, errors.New("it does not begin like one")))
	}
	doc, err := b.text(64 << 10)
	if err == nil {
		err = json.Unmarshal([]byte(doc), &b.head)
	}
	if err != nil {
		z.Close()
		return nil, fmt.Errorf("%w: its head: %w", ErrBackup, err)
	}
	return b, nil
}

// take reads n bytes; memory grows with what is really there.
func (b *backupReader) take(n, most uint64) ([]byte, error) {
	if n > most {
		return nil, fmt.Errorf("a length of %d", n)
	}
	var buf bytes.Buffer
	if n <= 64<<10 {
		buf.Grow(int(n))
	}
	if _, err := io.CopyN(&buf, b.r, int64(n)); err != nil {
		return nil, err
	}
	b.sum.Write(buf.Bytes())
	return buf.Bytes(), nil
}

func (b *backupReader) text(most uint64) (string, error) {
	n, err := binary.ReadUvarint(b)
	if err != nil {
		return "", err
	}
	p, err := b.take(n, most)
	return string(p), err
}

// each hands on the tables and rows in the order of the file, and at the end
// holds them against the sum.
func (b *backupReader) each(table func(name string, columns []string) error, row func([]any) error) error {
	var own error // an error of table or row is theirs, every other is of the file
	err := func() error {
		for {
			mark, err := b.ReadByte()
			if err != nil {
				return err
			}
			switch mark {
			case markTable:
				name, columns, err := b.table()
				if err != nil {
					return err
				}
				if own = table(name, columns); own != nil {
					return own
				}
			case markRow:
				values, err := b.row()
				if err != nil {
					return err
				}
				if own = row(values); own != nil {
					return own
				}
			case markEnd:
				return b.end()
			default:
				return fmt.Errorf("an unknown mark %#x", mark)
			}
		}
	}()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && own == nil {
		return fmt.Errorf("%w: after %d rows: %w", ErrBackup, b.rows, err)
	}
	return err
}

func (b *backupReader) table() (string, []string, error) {
	name, err := b.text(mostName)
	if err != nil {
		return "", nil, err
	}
	n, err := binary.ReadUvarint(b)
	if err != nil || n == 0 || n > mostColumns {
		return "", nil, errors.Join(err, fmt.Errorf("a table of %d columns; it has 1 to %d", n, mostColumns))
	}
	columns := make([]string, n)
	for i := range columns {
		if columns[i], err = b.text(mostName); err != nil {
			return "", nil, err
		}
	}
	b.columns = len(columns)
	return name, columns, nil
}

func (b *backupReader) row() ([]any, error) {
	if b.columns == 0 {
		return nil, errors.New("a row before any table")
	}
	b.rows++
	values := make([]any, b.columns)
	left := uint64(mostRow)
	part := func() ([]byte, error) {
		n, err := binary.ReadUvarint(b)
		if err != nil {
			return nil, err
		}
		if n > left {
			return nil, fmt.Errorf("a row of more than %d MiB", mostRow>>20)
		}
		left -= n
		return b.take(n, mostRow)
	}
	for i := range values {
		kind, err := b.ReadByte()
		if err != nil {
			return nil, err
		}
		switch kind {
		case valueNull:
		case valueNumber:
			values[i], err = binary.ReadVarint(b)
		case valueText:
			var p []byte
			p, err = part()
			values[i] = string(p)
		case valueBytes:
			values[i], err = part()
		default:
			err = fmt.Errorf("an unknown kind of value %#x", kind)
		}
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (b *backupReader) end() error {
	n, err := binary.ReadUvarint(b)
	if err != nil {
		return err
	}
	if n != b.rows {
		return fmt.Errorf("%d rows instead of %d", b.rows, n)
	}
	want := b.sum.Sum(nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(b.r, got); err != nil {
		return err
	}
	if !bytes.Equal(want, got) {
		return errors.New("the sum does not fit")
	}
	if _, err := b.r.ReadByte(); !errors.Is(err, io.EOF) {
		return errors.Join(err, errors.New("something follows the end"))
	}
	return nil
}
