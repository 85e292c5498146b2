package source

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
)

// stemAndHead is a network of a convolution and a linear layer.
func stemAndHead(scope *model.Scope, x *Node) []*Node {
	x = layers.Convolution(scope.In("stem"), x).Channels(4).KernelSize(3).PadSame().Done()
	return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 3)}
}

// A function that is called in the wrong scope over a checkpoint that is loaded lazily is told the scopes that the
// checkpoint has.
func TestScopesOfALazyCheckpoint(t *testing.T) {
	b := gobackend.GetBackend()
	dir := t.TempDir()
	trained := model.NewStore()
	saved, err := checkpoint.Build(trained).Dir(dir).Done()
	if err != nil {
		t.Fatal(err)
	}
	model.MustNewExec(b, trained, func(scope *model.Scope, x *Node) []*Node { return stemAndHead(scope.In("model"), x) }).
		MustCall([][][][]float32{{{{1, 2, 3}}}})
	if err := saved.Save(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"the right scope": {"model", nil},
		"another scope":   {"net", []string{"/net/stem/conv", "its checkpoint in /model/head/dense, /model/stem/conv"}},
	} {
		store := model.NewStore()
		if _, err := checkpoint.Load(store).Dir(dir).Done(); err != nil {
			t.Fatal(err)
		}
		m, err := GoMLX(Card{Name: "lazy", Input: []int{-1, 4, 4, 3}}, store,
			func(scope *model.Scope, x *Node) []*Node { return stemAndHead(scope.In("%s", c.in), x) })
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Layers(t.Context(), []int{1, 4, 4, 3}, "")
		if c.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error lacks %q: %v", name, want, err)
			}
		}
	}
}
