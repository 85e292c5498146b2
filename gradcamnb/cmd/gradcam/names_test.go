package main

import (
	"slices"
	"strings"
	"testing"
)

// Folders keep the pictures' names, and no two have one name.
func TestFolderNames(t *testing.T) {
	long := strings.Repeat("long", 50) + ".png"
	for _, c := range []struct{ pictures, want []string }{
		{[]string{"a b.png", "Größe (1).jpg"}, []string{"a b.png", "Größe (1).jpg"}},
		{[]string{"cats/1.png", "dogs/1.png", "dogs/2.png"}, []string{"cats-1.png", "dogs-1.png", "2.png"}},
		{[]string{"1.png", "dogs/1.png"}, []string{"1.png", "dogs-1.png"}},
		{[]string{"x/a.png", "y/A.png"}, []string{"x-a.png", "y-A.png"}},
		{[]string{`a<b>:"c"|d?.png`, ".hidden.png", "..", "dot.", "line\nbreak.png"},
			[]string{"a_b___c__d_.png", "_hidden.png", "picture", "dot", "line_break.png"}},
		{[]string{"p/" + long}, []string{long[len(long)-longestName:]}},
		// sha256 of "p/x/1.png" and of "q/x/1.png"
		{[]string{"p/x/1.png", "q/x/1.png"}, []string{"1.png-bd49ee27", "1.png-3c3225b7"}},
	} {
		if got := folderNames(c.pictures); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.pictures, got, c.want)
		}
	}
}

// No two files have one name, also where case does not count or a name with a number is taken.
func TestFreeName(t *testing.T) {
	taken := map[string]bool{}
	var got []string
	for _, name := range []string{"relu", "relu-3", "ReLU", "conv", "relu"} {
		got = append(got, freeName(taken, name, 3))
	}
	if want := []string{"relu", "relu-3", "ReLU-4", "conv", "relu-5"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
