package pdf

import (
	"embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/signintech/gopdf"
)

// BIZ UDPGothic, regular and bold, under the SIL Open Font License (font/OFL.txt),
// and for code DejaVu Sans Mono (font/DejaVu.txt): the Gothic draws ' and " as
// if they were curly, and _ as a hairline.
//
//go:embed font/regular.ttf.zst font/bold.ttf.zst font/mono.ttf.zst font/OFL.txt font/DejaVu.txt
var fontFiles embed.FS

// family is one typeface, read once and shared by all documents.
type family struct {
	container gopdf.FontContainer
	regular   gopdf.SubsetFontObj // for looking up glyphs and widths
	bold      gopdf.SubsetFontObj
	mono      gopdf.SubsetFontObj
}

// The names under which the faces stand in a file; six letters and a plus
// sign say that only a part of the typeface is in it.
const (
	regularName = "MISEBR+BIZUDPGothic"
	boldName    = "MISEBB+BIZUDPGothic-Bold"
	monoName    = "MISEBM+DejaVuSansMono"
)

var loadFamily = sync.OnceValues(func() (*family, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	f := &family{}
	for _, w := range []struct {
		file, name string
		obj        *gopdf.SubsetFontObj
	}{{"regular", regularName, &f.regular}, {"bold", boldName, &f.bold}, {"mono", monoName, &f.mono}} {
		packed, err := fontFiles.ReadFile("font/" + w.file + ".ttf.zst")
		if err != nil {
			return nil, err
		}
		ttf, err := dec.DecodeAll(packed, nil)
		if err != nil {
			return nil, fmt.Errorf("font %s: %w", w.file, err)
		}
		if err := w.obj.SetTTFData(ttf); err != nil {
			return nil, fmt.Errorf("font %s: %w", w.file, err)
		}
		if err := f.container.AddTTFFontData(w.name, ttf); err != nil {
			return nil, fmt.Errorf("font %s: %w", w.file, err)
		}
	}
	return f, nil
})

// setter measures with the faces of fam.
func (fam *family) setter() setter {
	return setter{
		regular: face{&fam.regular, map[rune]float64{}}, bold: face{&fam.bold, map[rune]float64{}}, mono: face{&fam.mono, map[rune]float64{}},
		lost: map[rune]int{},
	}
}

// face measures one weight for one document, and remembers what it looked up.
type face struct {
	obj    *gopdf.SubsetFontObj
	widths map[rune]float64 // in thousandths of the size; below 0: no such glyph
}

// width is the width of r at size 1, false when the face has no glyph for it.
func (f *face) width(r rune) (float64, bool) {
	w, ok := f.widths[r]
	if !ok {
		w = -1
		// Above U+FFFF the file's map from glyphs back to text breaks, so such
		// characters count as missing.
		if r >= 0x20 && r <= 0xffff {
			if g, err := f.obj.CharCodeToGlyphIndex(r); err == nil && g != 0 {
				w = float64(f.obj.GlyphIndexToPdfWidth(g)) / 1000
			}
		}
		f.widths[r] = w
	}
	return w, w >= 0
}

// stand-ins for characters the typeface lacks; anything else becomes the mark
// that Japanese printers set for a missing type.
var standIns = map[rune]rune{'⟨': '〈', '⟩': '〉', '\u00a0': ' ', '\u2009': ' ', '\u202f': ' ', '‑': '-', '−': '-', '–': '-', '—': '―', '〜': '～', '～': '〜', '•': '・', '✓': '○'}

const missing = '〓'

// settle returns the character to print for r, and whether r was lost.
func (f *face) settle(r rune) (rune, bool) {
	if _, ok := f.width(r); ok {
		return r, false
	}
	if s, ok := standIns[r]; ok {
		if _, ok := f.width(s); ok {
			return s, false
		}
	}
	if r >= 0x2400 && r <= 0x2421 { // picture of a control character
		return '□', false
	}
	return missing, true
}
