package engine

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// The last layers of a function are those that it uses last, in whatever order the store has them; what an optimiser
// remembers is no layer.
func TestWeightsOfAFunctionByDepth(t *testing.T) {
	store := model.NewStore()
	for _, name := range []string{"late", "early", "middle", "late_1st_moment"} { // made in this order
		store.RootScope().VariableWithValue(name, []float32{1, 2})
	}
	m, err := source.GoMLX(source.Card{Name: "three", Input: []int{-1, 4, 4, 2}}, store,
		func(scope *model.Scope, x *Node) []*Node {
			for _, name := range []string{"early", "middle", "late"} {
				x = Mul(x, Reshape(scope.GetVariable(name).NodeValue(x.Graph()), 1, 1, 1, 2))
			}
			return []*Node{ReduceMean(x, 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Layers(t.Context(), []int{1, 4, 4, 2}, ""); err != nil {
		t.Fatal(err)
	}
	for top, want := range map[float64]string{0.25: "late", 0.5: "late middle", 0.75: "late early middle"} {
		var names []string
		for _, v := range findWeights(m, top) {
			names = append(names, v.Name())
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("the last %g of the layers are %s, want %s", top, got, want)
		}
	}
}
