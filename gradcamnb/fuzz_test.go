package gradcamnb

import "testing"

// Whatever stands in a figure, it is a request or an error, and no panic.
// A longer run: go test ./gradcamnb -fuzz FuzzRecipe -fuzztime 10m
func FuzzRecipe(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"v": 1}`, `{"v": 2}`, `{"v": -1}`, `{} {}`, `{"x": 1}`, `{"sampling": {"masks": 1000000000000000}}`,
		`{"measuring": {"steps": 1000000000000}}`,
		`{"prep": {"width": 8192, "height": 8192, "fit": "crop", "mean": [0], "scale": [1], "order": "RGB"}}`,
		`{"targets": [{"kind": "class", "index": [3]}]}`, `{"boxes": [{"Min": {"X": 1}}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, recipe string) {
		r, err := Again(recipe)
		if err != nil {
			return
		}
		_ = r.Check() // an error or not
		_ = recipeOf(r, Info{})
	})
}

// A recipe that asks for more than any machine has is refused before anything is allocated.
func TestBounds(t *testing.T) {
	for _, recipe := range []string{`{"v": 1, "sampling": {"masks": 1000000000000000}}`,
		`{"v": 1, "sampling": {"batch": 1000000000}}`, `{"v": 1, "measuring": {"steps": 1000000000000}}`} {
		r, err := Again(recipe)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewModel(&fakeSession{}).Run(t.Context(), r); err == nil {
			t.Errorf("%s was begun", recipe)
		}
	}
}
