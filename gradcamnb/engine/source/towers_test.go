package source

import (
	"slices"
	"testing"
)

// tower returns layers of 6 channels: a convolution, its activation and the mean of that. The maps have side x side
// cells and miss a share of the picture on the right.
func tower(name, reads string, side int, lost float64) []Layer {
	conv := Layer{Name: name + " conv", Op: "Conv", Feeds: true, inputs: []string{reads}, Grid: [2]int{side, side},
		Channels: 6, upright: true, Shape: []int{1, 6, side, side}}
	conv.Axes.Beyond[1][1] = lost
	act := conv
	act.Name, act.Op, act.inputs = name, "Relu", []string{conv.Name}
	pooled := Layer{Name: name + " mean", Op: "GlobalAveragePool", Feeds: true, inputs: []string{name}, Shape: []int{1, 6}}
	return []Layer{conv, act, pooled}
}

// If a network looks at the picture through two towers that meet only in the answer, the suggested layer says which map
// it does not show. A tower that sees the whole picture is suggested before one of a part. Towers on one body are no
// reason to say anything: what they share is suggested if it has no more cells.
func TestTowers(t *testing.T) {
	body := tower("body", "image", 4, 0)[:2]
	for name, c := range map[string]struct {
		layers       []Layer
		want, beside string
	}{
		"two of one size":   {append(tower("a", "image", 4, 0), tower("b", "image", 4, 0)...), "a", "b"},
		"a larger one":      {append(tower("a", "image", 8, 0), tower("b", "image", 4, 0)...), "b", "a"},
		"halves":            {append(tower("a", "image", 4, 0.5), tower("b", "image", 4, 0.5)...), "a", "b"},
		"whole and a part":  {append(tower("a", "image", 8, 0), tower("b", "image", 4, 0.5)...), "a", "b"},
		"a part, then all":  {append(tower("a", "image", 4, 0.5), tower("b", "image", 8, 0)...), "b", "a"},
		"a part alone":      {append(tower("all", "image", 8, 0)[:2], tower("a", "all", 4, 0.5)...), "a", ""},
		"one body":          {append(append(body, tower("a", "body", 4, 0)...), tower("b", "body", 4, 0)...), "body", ""},
		"a shortcut":        {append(append(body, tower("a", "body", 2, 0)...), tower("body", "body", 4, 0)[2]), "a", ""},
		"alone":             {tower("a", "image", 4, 0), "a", ""},
		"the other is none": {append(tower("a", "image", 4, 0), tower("b", "image", 1, 0)...), "a", ""},
	} {
		answer := Layer{Name: "answer", Op: "Gemm", Feeds: true, answer: true, Shape: []int{1, 5}}
		for _, l := range c.layers {
			if l.Op == "GlobalAveragePool" {
				answer.inputs = append(answer.inputs, l.Name)
			}
		}
		layers := slices.Concat(c.layers, []Layer{answer})
		suggest(layers)
		l, err := SuggestedLayer(layers)
		if err != nil || l.Name != c.want || l.Beside != c.beside {
			t.Errorf("%s: %q is suggested, beside %q, %v; want %q and %q", name, l.Name, l.Beside, err, c.want, c.beside)
		}
	}
}
