package engine

import (
	"slices"
	"sync"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// One model may be asked by several goroutines at a time, for what is compiled already and
// for what is not, and each gets what it would get alone.
func TestAskedAtOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s, in := open(t, e, "resnet-basic.dyn.onnx"), tiny(t, "resnet-basic")
		ask := func(i int) ([]*heatmap.Result, error) {
			return gradcamnb.NewModel(s).ExplainTensor(*in, gradcamnb.Class(i%4),
				gradcamnb.Methods([]string{"Grad-CAM", "LayerCAM", "Recipro-CAM"}[i%3]))
		}
		const n = 24
		var together [n][]*heatmap.Result
		var failed [n]error
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { together[i], failed[i] = ask(i) })
		}
		all.Wait()
		for i := range n {
			alone, err := ask(i)
			if err != nil || failed[i] != nil {
				t.Fatalf("request %d: %v, alone %v", i, failed[i], err)
			}
			for k, r := range alone {
				if !slices.Equal(r.Maps[0].Raw.Values, together[i][k].Maps[0].Raw.Values) {
					t.Errorf("request %d, picture %d: another map than alone", i, k)
				}
			}
		}
	})
}
