package xlsx

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// How much of a form is read at all. A checklist of ours has some hundred rows.
const (
	mostSheets = 20
	mostRows   = 3000
	headRows   = 30 // within which the marked row stands
)

// mostForm is how much of a form that came back is taken in.
var mostForm = allowance{bytes: 24 << 20, tags: 300_000, rows: 1_000_000, cells: 1_000_000}

// form is a sheet that Miseban wrote, and that comes back filled in: by its
// marked row the columns are found again, wherever somebody moved them.
type form struct {
	mark string   // stands in the marked row
	keys []string // of the columns, in that row
	none error    // there is no such sheet
	// other says why the sheet is another one than is waited for; nil: it is not.
	other func(marked []string) error
	// row takes a line below the marked one; get is the text of a column by
	// the place of its key.
	row func(n int, get func(key int) string)
}

// read reads the first sheet of a workbook that is the form. Formulas are not
// computed, and what is read is text: nothing in the file acts.
func (x *form) read(r io.Reader) error {
	left := mostForm
	return left.with(r, func(f *excelize.File) error {
		names := f.GetSheetList()
		worst := x.none
		for _, name := range names[:min(len(names), mostSheets)] {
			found, other, err := x.sheet(f, name, &left)
			if found || err != nil {
				return err
			}
			if other != nil {
				worst = other
			}
		}
		return worst
	})
}

// sheet reads one sheet. other tells of a form that is not the one.
func (x *form) sheet(f *excelize.File, name string, left *allowance) (found bool, other, err error) {
	it, err := f.Rows(name)
	if err != nil {
		return false, nil, fmt.Errorf("%w: %w", ErrNoWorkbook, err)
	}
	defer it.Close()
	var at []int // the column of each key
	for n := 1; it.Next(); n++ {
		if n > mostRows {
			return false, nil, ErrTooManyRows
		}
		cells, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return false, nil, fmt.Errorf("%w: %w", ErrNoWorkbook, err)
		}
		if err := left.counted(cells); err != nil {
			return false, nil, err
		}
		if at != nil {
			x.row(n, func(key int) string {
				if at[key] >= len(cells) {
					return ""
				}
				return strings.TrimSpace(cells[at[key]])
			})
			continue
		}
		if !slices.Contains(cells, x.mark) {
			if n > headRows {
				return false, nil, nil
			}
			continue
		}
		if other := x.other(cells); other != nil {
			return false, other, nil
		}
		for _, k := range x.keys {
			c := slices.Index(cells, k)
			if c < 0 {
				return false, nil, nil
			}
			at = append(at, c)
		}
	}
	return at != nil, nil, it.Error()
}
