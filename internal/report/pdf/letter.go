package pdf

import (
	"io"

	"miseban/internal/report"
)

// WriteLetter writes d as a paper of a few pages to sign or to file: the title
// stands above the text, without cover and contents.
func WriteLetter(w io.Writer, d *report.Document) error {
	fam, err := loadFamily()
	if err != nil {
		return err
	}
	l := &layout{
		setter: fam.setter(), doc: d, x0: left, x1: right, scale: 1, marks: map[string]mark{},
	}
	l.newPage()
	l.text(span{text: d.Title, style: style{21, 32, true, ink, nil, false}})
	l.text(span{text: d.Subtitle, style: style{11, 18, false, quiet, nil, false}})
	l.y += 6
	l.fill(left, l.y, right-left, 3, key)
	l.y += 22
	l.scale = 0.92
	for i, s := range d.Sections {
		if i > 0 {
			l.space(14)
			l.room(90)
		}
		l.section(s)
	}
	l.scale = 1
	l.lostNote()
	return l.emit(w, fam)
}
