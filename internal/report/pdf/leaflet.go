package pdf

import (
	"io"
	"strconv"

	"github.com/boombuler/barcode/qr"

	"miseban/internal/report"
)

// Leaflet is a sheet of two sides, in one language.
type Leaflet struct {
	Document  *report.Document // its language and title
	Lead      string
	Numbers   []LeafletNumber
	Why, Back string
	Reasons   []string
	Items     []string
	First     string
	Step      string
	Call      string
	URL       string // where it leads, also as a QR code
	Sources   string // the head of the list of sources
	Publisher string
}

// LeafletNumber is a number with what it is a number of and where it was read.
type LeafletNumber struct{ Text, Says, Source string }

// WriteLeaflet writes a leaflet: numbers and reasons on the front, what to do
// on the back, each on one page of A4.
func WriteLeaflet(w io.Writer, x *Leaflet) error {
	fam, err := loadFamily()
	if err != nil {
		return err
	}
	code, err := qr.Encode(x.URL, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	l := &layout{setter: fam.setter(), doc: x.Document, x0: left, x1: right, scale: 1, marks: map[string]mark{}}
	l.front(x)
	l.newPage()
	l.page().bare = true
	l.bookmark(x.Back, 0)
	l.fill(0, 0, pageWidth, 54, key)
	l.put(x.Back, left, 14, right-left, style{19, 27, true, white, nil, false})
	l.y = 80
	for i, s := range x.Items {
		y := l.y
		l.fill(left, y, 34, 34, key)
		l.put(strconv.Itoa(i+1), left+12, y+5, 20, style{16, 24, true, white, nil, false})
		end := l.put(s, left+48, y+4, right-left-48, style{14, 24, true, ink, nil, false})
		l.y = max(end, y+34) + 12
		l.fill(left, l.y-6, right-left, .6, rule)
	}
	l.y += 10
	b := l.openBox()
	l.y += 12
	l.x0, l.x1 = left+16, right-16
	l.text(span{text: x.First, style: style{14, 22, true, key, nil, false}})
	l.y += 4
	l.text(span{text: x.Step, style: style{11, 19, false, ink, nil, false}})
	l.y += 12
	l.x0, l.x1 = left, right
	l.closeBox(b, left, right, 0, soft, key, 5)
	l.y += 18
	const side = 96.0
	n := code.Bounds().Dx()
	dot := side / float64(n)
	for i := range n {
		for j := range n {
			if r, _, _, _ := code.At(code.Bounds().Min.X+i, code.Bounds().Min.Y+j).RGBA(); r == 0 {
				l.fill(left+8+float64(i)*dot, l.y+8+float64(j)*dot, dot+.05, dot+.05, black)
			}
		}
	}
	l.put(x.Call, left+side+34, l.y+14, right-left-side-34, style{14, 22, true, ink, nil, false})
	l.put(x.URL, left+side+34, l.y+40, right-left-side-34, style{11, 18, false, key, nil, false})
	l.put(x.Publisher, left+side+34, l.y+66, right-left-side-34, style{9, 15, false, quiet, nil, false})
	l.y += side + 24
	l.put(x.Sources, left, l.y, right-left, style{8, 12, true, quiet, nil, false})
	l.y += 13
	for i, s := range x.Numbers {
		l.y = l.put(strconv.Itoa(i+1)+"  "+s.Text+" – "+s.Source, left, l.y, right-left, style{7.2, 10.4, false, quiet, nil, false})
	}
	return l.emit(w, fam)
}

var white, black = color{255, 255, 255}, color{0, 0, 0}

// front is the first side: why it matters, in numbers.
func (l *layout) front(x *Leaflet) {
	l.newPage()
	l.page().bare = true
	l.bookmark(l.doc.Title, 0)
	l.fill(0, 0, pageWidth, 190, key)
	y := l.put(l.doc.Title, left, 44, right-left, style{25, 38, true, white, nil, false})
	l.put(x.Lead, left, y+10, right-left, style{11.5, 19, false, white, nil, false})
	l.y = 216
	const gap = 16
	w := (right - left - gap) / 2
	for i, n := range x.Numbers {
		col, row := float64(i%2), float64(i/2)
		x0, y0 := left+col*(w+gap), l.y+row*128
		l.fill(x0, y0, w, 114, soft)
		l.fill(x0, y0, w, 3, key)
		size := style{28, 40, true, key, nil, false}
		for size.size > 16 && l.width(n.Text, size) > w-44 {
			size.size--
		}
		l.put(n.Text, x0+14, y0+10, w-28, size)
		l.put("("+strconv.Itoa(i+1)+")", x0+w-26, y0+10, 26, style{8, 12, false, quiet, nil, false})
		l.put(n.Says, x0+14, y0+56, w-28, style{10, 16, false, ink, nil, false})
	}
	l.y += 3*128 + 10
	l.put(x.Why, left, l.y, right-left, style{16, 26, true, ink, nil, false})
	l.y += 34
	for _, s := range x.Reasons {
		l.fill(left, l.y+7, 7, 7, key)
		l.y = l.put(s, left+18, l.y, right-left-18, style{12, 20, false, ink, nil, false}) + 6
	}
}

// put sets a text into a column at a place of the page, and says where it ends.
func (l *layout) put(text string, x, y, w float64, st style) float64 {
	for _, ln := range l.set([]span{{text: text, style: st}}, w, false) {
		l.textLine(ln, x, y, st.leading)
		y += st.leading
	}
	return y
}
