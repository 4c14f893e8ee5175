package web

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// inEnglish are the pages whose picture is taken in English, too.
var inEnglish = []string{"/", "/shops", "/shops/{shop}", "/shops/{shop}/findings", "/shops/{shop}/findings/{finding}", "/shops/{shop}/diagnoses/{diagnosis}", "/shops/{shop}/checklists/{edition}", "/shops/{shop}/standing", "/operator"}

// TestScreens takes the pictures of docs/screens (make screens): every page in
// Japanese on a desktop and on a telephone, some in English.
func TestScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("make screens takes the pictures")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed")
	}
	b := openBrowser(t, chromium)
	var list strings.Builder
	list.WriteString("# 画面 / Screens\n\n`make screens` で撮り直せます（見本のデータ）。Taken by `make screens` on sample data.\n")
	eachPage(t, func(w *world, rt *route, path, token string) {
		name := strings.Trim(strings.NewReplacer("/", "-", "{", "", "}", "").Replace(rt.pattern), "-")
		if name == "" {
			name = "home"
		}
		fmt.Fprintf(&list, "\n## `%s`\n\n", rt.pattern)
		for _, x := range []struct {
			lang          string
			width, height int64
		}{{"ja", 1280, 800}, {"ja", 390, 844}, {"en", 1280, 800}} {
			if x.lang == "en" && !slices.Contains(inEnglish, rt.pattern) {
				continue
			}
			for k, v := range map[string]string{"lang": x.lang, "theme": "light", w.server.cookieName(): token} {
				if _, err := chromedp.Call(b.ctx, cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: k, Value: v, URL: w.server.opt.Public.String() + "/"}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}}); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(x.width, x.height), chromedp.Navigate(w.server.opt.Public.String()+path)); err != nil {
				t.Fatalf("%s: %v", rt.key(), err)
			}
			file := fmt.Sprintf("%s-%s-%d.png", name, x.lang, x.width)
			b.small(file)
			fmt.Fprintf(&list, "[%s %d](%s) ", x.lang, x.width, file)
		}
		list.WriteString("\n")
	})
	if err := os.WriteFile(filepath.Join(*screens, "README.md"), []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// small takes a picture that is small enough to be kept with the source.
func (b *browser) small(name string) {
	whole, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		whole, err = shrink(whole)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*screens, name), whole, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// shrink draws a picture with the sixty-four colours that it has most of, and
// ends it where a reader would have stopped to scroll.
func shrink(whole []byte) ([]byte, error) {
	const most, tall = 64, 3000
	src, err := png.Decode(bytes.NewReader(whole))
	if err != nil {
		return nil, err
	}
	r := src.Bounds()
	r.Max.Y = min(r.Max.Y, tall)
	in := image.NewRGBA(r)
	draw.Draw(in, r, src, r.Min, draw.Src)
	count := map[color.RGBA]int{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			count[in.RGBAAt(x, y)]++
		}
	}
	list := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var p color.Palette
	for _, c := range list[:min(most, len(list))] {
		p = append(p, c)
	}
	near := map[color.RGBA]uint8{}
	for c := range count {
		near[c] = uint8(p.Index(c))
	}
	out := image.NewPaletted(r, p)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			out.SetColorIndex(x, y, near[in.RGBAAt(x, y)])
		}
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out)
	return b.Bytes(), err
}
