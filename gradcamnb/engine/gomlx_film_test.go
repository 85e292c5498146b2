package engine

import (
	"image"
	"image/color"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/completed"
)

// compileCounter is a backend that counts what it compiles.
type compileCounter struct {
	compute.Backend
	compiled *int
}

func (c compileCounter) Builder(name string) compute.Builder {
	return builderCounter{c.Backend.Builder(name), c.compiled}
}

type builderCounter struct {
	compute.Builder
	compiled *int
}

func (b builderCounter) Compile() (compute.Executable, error) {
	*b.compiled++
	return b.Builder.Compile()
}

// A film compiles what its first frame needs, and nothing afterwards, while the weights change: the graph function is
// not called again either. The frames are those of the present weights. The pixels 0.2 and 0.4 are weighed by w, and
// their mean is S, so HiResCAM is w/2 times them.
func TestAFilmCompilesOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		b, err := e.startedBackend()
		if err != nil {
			t.Fatal(err)
		}
		compiled, calls := 0, 0
		b.Backend = completed.Backend(compileCounter{b.Backend, &compiled})
		store := model.NewStore()
		weights := store.Scope("/conv/conv").VariableWithValue("weights", [][][][]float32{{{{1}}}})
		prep := imgio.Prep{Width: 2, Height: 1, Fit: imgio.Stretch, Order: "L", Scale: [3]float32{255}}
		m, err := source.GoMLX(source.Card{Name: "weighed", Input: []int{-1, 1, 2, 1}, Prep: &prep}, store,
			func(scope *model.Scope, x *Node) []*Node {
				calls++
				x = layers.Convolution(scope.In("conv"), x).Channels(1).KernelSize(1).UseBias(false).Done()
				return []*Node{ReduceMean(x, 1, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		picture := image.NewGray(image.Rect(0, 0, 2, 1))
		picture.SetGray(0, 0, color.Gray{Y: 51})
		picture.SetGray(1, 0, color.Gray{Y: 102})
		f := film.New(gradcamnb.NewModel(e.Session(m)), []image.Image{picture}, gradcamnb.Methods("HiResCAM"))
		var first [2]int // of what was compiled and called
		for step := range 6 {
			w := float32(step + 1)
			if err := weights.SetValue(tensors.FromFlatDataAndDimensions([]float32{w}, 1, 1, 1, 1)); err != nil {
				t.Fatal(err)
			}
			if err := f.Take(step, 0); err != nil {
				t.Fatal(err)
			}
			wantMap(t, "the map", f.Frames()[step].Results[0].Maps[0].Raw.Values, w*0.1, w*0.2)
			if step == 0 {
				first = [2]int{compiled, calls}
			}
		}
		if got := [2]int{compiled, calls}; got != first || first[0] != 1 || first[1] > 2 {
			t.Errorf("the first frame compiled %d programs and called the function %d times, six frames %d and %d", first[0],
				first[1], compiled, calls)
		}
	})
}
