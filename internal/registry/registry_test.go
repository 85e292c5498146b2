package registry

import (
	"slices"
	"strings"
	"testing"
)

func TestRegistry(t *testing.T) {
	r := New("fruit", func(names []string) []string { return names }, nil)
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

// Of many names the error tells the nearest, and what lists all. A list of names is told apart from a wrong name.
func TestManyNames(t *testing.T) {
	listed := func() string { return "the catalogue" }
	r := New("letter", func(name string) []string { return []string{name} }, listed)
	for _, name := range []string{"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"} {
		r.Add(name)
	}
	errorOf := func(name string) string {
		_, err := r.Find(name)
		if err == nil {
			return ""
		}
		return err.Error()
	}
	if got := errorOf("omega"); strings.Count(got, ", ") != 7 || strings.Contains(got, "catalogue") {
		t.Errorf("of eight names not all are listed: %s", got)
	}
	r.Add("iota")
	for name, want := range map[string]string{
		"gama":       `there is no letter "gama", did you mean "gamma"?; the catalogue lists all`,
		"xxxxxxxx":   `there is no letter "xxxxxxxx"; the catalogue lists all`,
		"Alpha,beta": `there is no letter "Alpha,beta"; names are given one by one, and not with commas; the catalogue lists all`,
		"alpha, bet": `there is no letter "alpha, bet"; the catalogue lists all`,
		"IOTA":       "",
	} {
		if got := errorOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
