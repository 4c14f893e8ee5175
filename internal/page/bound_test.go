package page

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// A page of 20 MiB is read in bounded time and memory, whatever it is made of.
func TestTwentyMiB(t *testing.T) {
	if testing.Short() {
		t.Skip("allocates")
	}
	for name, piece := range map[string]string{
		"rows":    `<tr><td class="a"><a href="/item">商品</a></td><td>1,200円</td></tr>`,
		"text":    "商品の説明です。",
		"empty":   "<p>",
		"scripts": `<script>location.href="/a"+b;f("/c/d");</script>`,
	} {
		body := strings.Repeat(piece, (20<<20)/len(piece))
		ex := answer(t, "https://shop.test/", "text/html; charset=utf-8", body)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		p := Parse(ex)
		took := time.Since(start)
		runtime.GC()
		runtime.ReadMemStats(&after)
		kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("%s: %s, %d MiB kept, %d links", name, took.Round(time.Millisecond), kept>>20, len(p.Links))
		if kept > 300<<20 || took > 30*time.Second {
			t.Errorf("%s: %s, %d MiB kept", name, took, kept>>20)
		}
		if name != "text" && !p.Cut {
			t.Errorf("%s: not marked as cut", name)
		}
		runtime.KeepAlive(p)
	}
}
