package page

// guess is how well bytes fit each of the charsets of Japanese shops.
type guess struct {
	high       int // bytes above ASCII
	jisEscapes int // escape sequences of ISO-2022-JP

	utf8Good, utf8Bad int
	sjisGood, sjisBad int
	eucGood, eucBad   int
	sjis, euc         float64 // plausibility: kana and common kanji weigh more than rare ones
}

// measure reads at most the first 256 KiB three times side by side.
func measure(b []byte) guess {
	b = b[:min(len(b), 256<<10)]
	var g guess
	for i, c := range b {
		if c >= 0x80 {
			g.high++
		} else if c == 0x1b && i+2 < len(b) {
			switch string(b[i+1 : i+3]) {
			case "$B", "$@", "(J", "(I", "$(":
				g.jisEscapes++
			}
		}
	}
	if g.high == 0 {
		return g
	}
	g.asUTF8(b)
	g.asShiftJIS(b)
	g.asEUC(b)
	return g
}

func (g *guess) asUTF8(b []byte) {
	for i := 0; i < len(b); {
		c := b[i]
		n := 0
		switch {
		case c < 0x80:
			i++
			continue
		case c >= 0xC2 && c <= 0xDF:
			n = 1
		case c >= 0xE0 && c <= 0xEF:
			n = 2
		case c >= 0xF0 && c <= 0xF4:
			n = 3
		}
		ok := n > 0
		for k := 1; ok && k <= n; k++ {
			if i+k >= len(b) {
				return // cut at the end: no fault
			}
			ok = b[i+k]&0xC0 == 0x80
		}
		if ok {
			g.utf8Good++
			i += n + 1
		} else {
			g.utf8Bad++
			i++
		}
	}
}

func (g *guess) asShiftJIS(b []byte) {
	kanaRun := 0
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c < 0x80:
			i++
			kanaRun = 0
			continue
		case c >= 0xA1 && c <= 0xDF: // half-width kana
			g.sjisGood++
			// A lone one is unlikely, a run is a word; in EUC-JP text they come in
			// pairs that read better as kanji, so they weigh little.
			kanaRun++
			if kanaRun > 1 {
				g.sjis += 0.55
			} else {
				g.sjis += 0.2
			}
			i++
			continue
		case c >= 0x81 && c <= 0x9F || c >= 0xE0 && c <= 0xFC:
			if i+1 >= len(b) {
				return
			}
			t := b[i+1]
			if t < 0x40 || t == 0x7F || t > 0xFC || c >= 0x85 && c <= 0x86 || c >= 0xEB && c <= 0xEC || c >= 0xEF && c <= 0xF9 {
				g.sjisBad++
				i++
				continue
			}
			g.sjisGood++
			switch {
			case c == 0x82 && t >= 0x9F && t <= 0xF1, c == 0x83 && t >= 0x40 && t <= 0x96:
				g.sjis += 2.4
			case c == 0x81 || c == 0x82:
				g.sjis += 1.6
			case c >= 0x88 && c <= 0x97: // first-level kanji
				g.sjis += 1.5
			case c == 0x87 || c >= 0xED && c <= 0xEE || c >= 0xFA: // NEC and IBM extensions
				g.sjis += 0.8
			default:
				g.sjis += 0.4
			}
			i += 2
		default:
			g.sjisBad++
			i++
		}
		kanaRun = 0
	}
}

func (g *guess) asEUC(b []byte) {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c < 0x80:
			i++
		case c == 0x8E: // half-width kana
			if i+1 >= len(b) {
				return
			}
			if b[i+1] >= 0xA1 && b[i+1] <= 0xDF {
				g.eucGood++
				g.euc += 1.2
				i += 2
			} else {
				g.eucBad++
				i++
			}
		case c == 0x8F: // supplementary kanji
			if i+2 >= len(b) {
				return
			}
			if b[i+1] >= 0xA1 && b[i+2] >= 0xA1 {
				g.eucGood++
				g.euc += 0.8
				i += 3
			} else {
				g.eucBad++
				i++
			}
		case c >= 0xA1 && c <= 0xFE:
			if i+1 >= len(b) {
				return
			}
			t := b[i+1]
			if t < 0xA1 || t == 0xFF || c >= 0xA9 && c <= 0xAC || c == 0xAE || c == 0xAF || c >= 0xF5 && c <= 0xF8 {
				g.eucBad++
				i++
				continue
			}
			g.eucGood++
			switch {
			case c == 0xA4 && t <= 0xF3, c == 0xA5 && t <= 0xF6:
				g.euc += 2.4
			case c == 0xA1 || c == 0xA3:
				g.euc += 1.6
			case c >= 0xB0 && c <= 0xCF:
				g.euc += 1.5
			case c == 0xAD || c >= 0xF9:
				g.euc += 0.8
			default:
				g.euc += 0.4
			}
			i += 2
		default:
			g.eucBad++
			i++
		}
	}
}
