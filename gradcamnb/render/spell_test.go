package render

import (
	"slices"
	"testing"
)

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
