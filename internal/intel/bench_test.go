package intel

import (
	"strings"
	"testing"
)

// BenchmarkRead is what a program pays once for knowing.
func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := readBundle(EmbeddedData()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdentifyPage is a page of 200 kB held against all HTML signs.
func BenchmarkIdentifyPage(b *testing.B) {
	page := strings.Repeat(`<li class="item"><a href="/products/1">商品</a> <span>1,200円</span></li>`+"\n", 2500)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		if hits := Default().Identify(Observation{Kind: InHTML, Text: page}); len(hits) != 0 {
			b.Fatal(hits)
		}
	}
}

// BenchmarkLibraryIn is a bundle of 500 kB in which no library names itself.
func BenchmarkLibraryIn(b *testing.B) {
	script := strings.Repeat(`function f(a){return a.map(function(x){return x.version})}`+"\n", 8600)
	b.SetBytes(int64(len(script)))
	for b.Loop() {
		if hits := Default().LibraryIn("https://s.example/app.js", script); len(hits) != 0 {
			b.Fatal(hits)
		}
	}
}
