package maker

import (
	"slices"
	"strings"
	"testing"
)

// The same three names in every form, and what is no list of names.
func TestNamesInMetadata(t *testing.T) {
	three := []string{"red", "green", "dark blue"}
	for _, c := range []struct {
		key, value string
		want       []string
	}{
		{"names", `{"0": "red", "1": "green", "2": "dark blue"}`, three},
		{"labels", `["red", "green", "dark blue"]`, three},
		{"id2label", `{"2": "dark blue", "0": "red", "1": "green"}`, three},
		{"class_names", `{0: 'red', 1: 'green', 2: 'dark blue'}`, three},
		{"class_labels", `['red', 'green', 'dark blue']`, three},
		{"classes", "red, green,dark blue", three},
		{"classes", "red\r\ngreen\r\ndark blue\r\n", three},
		{"labels", `["person"]`, []string{"person"}},
		{"classes", `{"red": 0, "dark blue": 2, "green": 1}`, three},
		{"classes", `{'red': 0, 'dark blue': 2, 'green': 1}`, three},
		{"labels", `[{"id": 0, "name": "red"}, {"id": 2, "name": "dark blue"}, {"id": 1, "name": "green"}]`, three},
		{"labels", `({'id': 0, 'name': 'red'}, {'id': 1, 'name': 'green'}, {'id': 2, 'name': 'dark blue'},)`, three},
		{"names", `{0: 'bird\'s nest', 1: "it's \"a\" é", 2: 'a, b: c\\d',}`, []string{"bird's nest", `it's "a" é`, `a, b: c\d`}},
		{"labels", `[{"id": 1, "name": "red"}, {"id": 2, "name": "green"}]`, nil}, // class 0 has no name
		{"labels", `[{"id": 0, "name": "red"}, {"id": 0, "name": "green"}]`, nil}, // which?
		{"names", strings.Repeat("{", 2<<20), nil},
		{"names", "{0:" + strings.Repeat(" ", mostPrinted) + "'red'}", nil},
		{"labels", `[{"id": 0, "title": "red"}]`, nil},
		{"classes", `{"red": 0, "green": 0}`, nil},
		{"labels", `[['red'], ['green']]`, nil},
		{"labels", `['red', green]`, nil},
		{"id2label", `{"0": "LABEL_0", "1": "LABEL_1"}`, nil}, // made up
		{"labels", `["LABEL_0", "LABEL_1"]`, nil},
		{"labels", `{}`, nil},
		{"classes", "80", nil},
		{"classes", `{"1": "red", "2": "green"}`, nil}, // class 0 has no name
		{"classes", "red,,green", nil},
		{"author", "red,green", nil},
	} {
		m, err := Named.Tell(File{Props: map[string]string{c.key: c.value}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if m != nil {
			got = m.Labels
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %s: %q, want %q", c.key, c.value, got, c.want)
		}
	}
}
