package render

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/math/fixed"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A font of the user's would change the figures.
func TestMain(m *testing.M) {
	if err := os.Unsetenv(fontEnv); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Characters that the fonts do not have are written by their numbers, as Unicode writes
// them, and nothing else is changed.
func TestSpelled(t *testing.T) {
	for s, want := range map[string]string{
		"tabby, tabby cat":      "tabby, tabby cat",
		"Königspudel – ½ λ Ж …": "Königspudel – ½ λ Ж …",
		"panda 🐼":               "panda ‹U+1F43C›",
		"אב גx":                 "‹U+05D0 U+05D1› ‹U+05D2›x",
		"埃及猫":                   "‹U+57C3 U+53CA U+732B›",
		"\u202egpj.exe\x00":     "‹U+202E›gpj.exe‹U+0000›",
		"コーヒー":                  "‹U+30B3 U+30FC U+30D2 U+30FC›",
		"two\nlines":            "two lines",
		"":                      "",
	} {
		if got := spellOut(s); got != want {
			t.Errorf("%+q is written %q, want %q", s, got, want)
		}
	}
}

// What is drawn for two labels of such characters differs, which boxes would not.
func TestUnknownLettersDiffer(t *testing.T) {
	r, m := scene("🐼")
	q, n := scene("🐈")
	if slices.Equal(Card(r, m, nil).Pix, Card(q, n, nil).Pix) {
		t.Error("a panda and a cat make the same figure")
	}
}

// With a font of the user's, letters that it has and that stand for themselves are drawn: its cat is a black square of
// 0.8 of the size. Emoji and letters that run the other way stay numbers, and so does what the font lacks.
func TestUserFont(t *testing.T) {
	user, err := readFont(golden.Path("render", "square.ttf"))
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"猫 cat": "猫 cat", "埃及猫": "‹U+57C3 U+53CA›猫", "אב": "‹U+05D0 U+05D1›", "🐼": "‹U+1F43C›",
	} {
		if got := spell(s, user); got != want {
			t.Errorf("%q is written %q, want %q", s, got, want)
		}
	}
	f := face(goregular.TTF, 20, user)
	at, mask, from, advance, ok := f.Glyph(fixed.P(0, 20), '猫')
	if !ok || advance != fixed.I(20) || at != image.Rect(2, 4, 18, 20) {
		t.Fatalf("the cat lies at %v, takes %v, %t; want 16 x 16 pixels of 20", at, advance, ok)
	}
	for y := range 16 {
		for x := range 16 {
			if _, _, _, a := mask.At(from.X+x, from.Y+y).RGBA(); a != 0xffff {
				t.Fatalf("at (%d, %d) the square has the alpha %#x", x, y, a)
			}
		}
	}
	if got, want := textWidth("猫a", f), 20+textWidth("a", f); got != want {
		t.Errorf("the cat and a letter are %d wide, want %d", got, want)
	}
	for what, path := range map[string]string{
		"no file": "none.ttf", "a folder": ".", "no TrueType or OpenType font": "spell_test.go"} {
		if f, err := readFont(path); err == nil || f != nil {
			t.Errorf("%s: %v, %v", what, f, err)
		}
	}
	if _, err := readFont("."); !strings.Contains(err.Error(), "no regular file") { // nor is a pipe opened, which may wait
		t.Error(err)
	}
}

// Letters of Japanese and Korean stand alone, with the signs that lengthen and part them; marks on a letter and the
// parts of a syllable do not.
func TestStandsAlone(t *testing.T) {
	for text, want := range map[string]bool{
		"コーヒー・ゝ゛゜、ｺｰﾋｰ": true, "고양이ㄱ": true, "\u3099\u309a": false, "\u1100\u1169": false, "\ua960\ud7b0": false,
	} {
		for _, r := range text {
			if standsAlone(r) != want {
				t.Errorf("that %c, %U, stands alone is %t", r, r, !want)
			}
		}
	}
}

// The page of messages shows a letter that is written by its number as it is written.
func TestSpelledInMessages(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "messages.md"))
	if err != nil || !strings.Contains(string(page), "| `"+spellOut("猫")+"` |") {
		t.Errorf("messages.md has no %s: %v", spellOut("猫"), err)
	}
}
