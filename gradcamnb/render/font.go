package render

import (
	"fmt"
	"os"
	"sync"
	"unicode"

	"golang.org/x/image/font/sfnt"

	"github.com/gradcam-go/gradcam/internal/notebook"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// fontEnv is the environment variable that holds the path of a font for letters that the Go fonts lack.
const fontEnv = "GRADCAMNB_FONT"

// userFont returns the font that the user names for letters that the Go fonts lack; nil if there is none. If it cannot
// be read, a line says so.
var userFont = sync.OnceValue(func() *sfnt.Font {
	path := os.Getenv(fontEnv)
	if path == "" {
		return nil
	}
	f, err := readFont(path)
	if err != nil {
		notebook.Say(fmt.Sprintf("gradcam: %s=%s is not used for figures: %v\n", fontEnv, path, err))
	}
	return f
})

// readFont reads a TrueType or OpenType font, or the first one of a collection. Letters are read from the file when
// they are drawn, since fonts of Chinese have tens of megabytes.
func readFont(path string) (*sfnt.Font, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	var f *sfnt.Font
	all, err := sfnt.ParseCollectionReaderAt(file)
	if err == nil {
		f, err = all.Font(0)
	}
	if err != nil {
		_ = file.Close() // the first error matters
		return nil, fmt.Errorf("it is no TrueType or OpenType font that can be read, as the Noto fonts are: %w", err)
	}
	return f, nil
}

// standsAlone tells whether a letter is drawn right by itself, one after the other from left to right. Letters of
// Hebrew or Arabic run the other way, those of Hindi and the parts of Korean syllables join, and emoji are coloured
// pictures.
func standsAlone(r rune) bool {
	const kana, kanaEnd, wide, wideEnd = 0x3000, 0x30ff, 0xff00, 0xffef // with the signs of Chinese and Japanese texts
	if unicode.In(r, unicode.M, jamo) {                                 // a mark on the letter before it
		return false
	}
	return r >= kana && r <= kanaEnd || r >= wide && r <= wideEnd ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo,
			unicode.Armenian, unicode.Georgian, unicode.Ethiopic, unicode.Cherokee)
}

// jamo are the parts of Korean syllables, which join. Names of files on macOS are written with them.
var jamo = &unicode.RangeTable{R16: []unicode.Range16{{0x1100, 0x11ff, 1}, {0xa960, 0xa97f, 1}, {0xd7b0, 0xd7ff, 1}}}

// hasGlyph tells whether a font has a letter.
func hasGlyph(f *sfnt.Font, r rune) bool {
	if f == nil {
		return false
	}
	glyph, err := f.GlyphIndex(nil, r)
	return err == nil && glyph != 0
}

// isExtra tells whether a letter is drawn with the user's font.
func isExtra(user *sfnt.Font, r rune) bool {
	return user != nil && standsAlone(r) && !hasGlyph(drawable(), r) && hasGlyph(user, r)
}
