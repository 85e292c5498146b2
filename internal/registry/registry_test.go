package registry

import (
	"slices"
	"strings"
	"testing"
)

func TestRegistry(t *testing.T) {
	r := New("fruit", func(names []string) []string { return names })
	r.Add([]string{"Passion fruit", "maracuya"})
	r.Add([]string{"Apple"})
	if all := r.All(); all[0][0] != "Apple" || all[1][0] != "Passion fruit" {
		t.Errorf("All: %q", all)
	}
	for _, name := range []string{"passion-fruit", "PASSION_FRUIT", "Maracuya"} {
		if v, err := r.Find(name); err != nil || !slices.Contains(v, "maracuya") {
			t.Errorf("%q: %q, %v", name, v, err)
		}
	}
	if _, err := r.Find("brick"); err == nil ||
		!strings.Contains(err.Error(), `no fruit "brick"; there are Apple, Passion fruit`) {
		t.Error(err)
	}
}
