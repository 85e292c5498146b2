package film_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

const side = 12

// net tells a bright spot on the left from one on the right.
func net(scope *model.Scope, x *Node) *Node {
	x = activation.Relu(layers.Convolution(scope.In("conv"), x).Channels(4).KernelSize(3).PadSame().Done())
	return layers.Dense(scope.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 2)
}

// spots is a data set of them.
type spots struct{ steps int }

func (spots) Name() string { return "spots" }

func (s spots) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		r := rand.New(rand.NewPCG(3, 4))
		for range s.steps {
			x, y := make([]float32, 8*side*side*3), make([]int32, 8)
			for i := range y {
				y[i] = int32(r.IntN(2))
				at := (i*side+r.IntN(side))*side + int(y[i])*side/2 + r.IntN(side/2)
				x[3*at], x[3*at+1], x[3*at+2] = 1, 1, 1
			}
			b := train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 8, side, side, 3)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, 8, 1)}}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// training is a loop over a store whose weights begin the same every time, and the losses.
func training(t *testing.T) (*train.Loop, *model.Store, *[]float32) {
	t.Helper()
	on, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	r := rand.New(rand.NewPCG(5, 6))
	weights := func(scope, name string, dims ...int) {
		flat := make([]float32, tensors.FromScalarAndDimensions(float32(0), dims...).Size())
		for i := range flat {
			flat[i] = float32(r.NormFloat64()) / 4
		}
		store.Scope(scope).VariableWithValue(name, tensors.FromFlatDataAndDimensions(flat, dims...))
	}
	weights("/conv/conv", "weights", 3, 3, 3, 4)
	weights("/conv/conv", "biases", 4)
	weights("/head/dense", "weights", side*side*4, 2)
	weights("/head/dense", "biases", 2)
	trainer := train.NewTrainer(on, store, net, loss.SparseCategoricalCrossEntropyLogits,
		optimizer.Adam().LearningRate(0.01).Done(), nil, nil)
	loop, losses := train.NewLoop(trainer), &[]float32{}
	loop.OnStep("losses", 0, func(_ *train.Loop, metrics []*tensors.Tensor) error {
		*losses = append(*losses, tensors.MustCopyFlatData[float32](metrics[0])[0])
		return nil
	})
	return loop, store, losses
}

func watched(t *testing.T, store *model.Store) *gradcamnb.Model {
	t.Helper()
	prep := imgio.Prep{Width: side, Height: side, Fit: imgio.Stretch, Order: "RGB", Scale: [3]float32{255, 255, 255}}
	m, err := source.GoMLX(source.Card{Name: "spots", Input: []int{-1, side, side, 3}, Prep: &prep}, store,
		func(scope *model.Scope, x *Node) []*Node {
			return []*Node{net(scope, x)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(engine.New("go").Session(m))
}

func spotAt(x, y int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		img.SetNRGBA(i%side, i/side, color.NRGBA{A: 255})
	}
	img.SetNRGBA(x, y, color.NRGBA{R: 255, G: 255, B: 255, A: 255})
	return img
}

// Watching changes nothing: the losses are those of a training that nobody watches, bit for
// bit. The strip has a frame for every tenth step and one for the last, and in the end the
// network looks at the spot.
func TestWatchingChangesNothing(t *testing.T) {
	const steps = 65
	loop, _, alone := training(t)
	if _, err := loop.RunSteps(spots{steps}, steps); err != nil {
		t.Fatal(err)
	}
	loop, store, losses := training(t)
	var widths []int
	f := film.Watch(loop, 10, watched(t, store), []image.Image{spotAt(2, 5), spotAt(9, 3)}, gradcamnb.Methods("HiResCAM")).
		OnFrame(func(s *heatmap.Sheet) error { widths = append(widths, len(s.Columns)); return nil })
	if _, err := loop.RunSteps(spots{steps}, steps); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(*losses, *alone) || len(*losses) != steps {
		t.Errorf("the losses are %v with a film and %v without", *losses, *alone)
	}
	if f.Err() != nil || !slices.Equal(widths, []int{1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("error %v, the strip grew as %v", f.Err(), widths)
	}
	s, err := f.Sheet()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Columns[6]; got != fmt.Sprintf("step 65, loss %.3g", (*alone)[64]) {
		t.Errorf("the last column is %q", got)
	}
	for row, spot := range [][2]int{{2, 5}, {9, 3}} {
		_, m := s.At(row, 6)
		best := slices.Index(m.Values, slices.Max(m.Values))
		if x, y := best%side, best/side; max(x-spot[0], spot[0]-x, y-spot[1], spot[1]-y) > 1 {
			t.Errorf("picture %d: after the training the map is highest at %d, %d, and the spot lies at %v", row, x, y, spot)
		}
	}
	if names := f.Results(); names[0].Name != "picture 1, step 10" || names[13].Name != "picture 2, step 65" {
		t.Errorf("results are named %q, %q", names[0].Name, names[13].Name)
	}
}

// A model that is wrong ends the training at the first frame, with the reason.
func TestAFilmOfAWrongModel(t *testing.T) {
	loop, store, losses := training(t)
	film.Watch(loop, 5, watched(t, store), []image.Image{spotAt(1, 1)}, gradcamnb.Layers("nonesuch"))
	_, err := loop.RunSteps(spots{20}, 20)
	if err == nil || !strings.Contains(err.Error(), `no layer "nonesuch"`) || len(*losses) != 5 {
		t.Errorf("error %v after %d steps", err, len(*losses))
	}
}

// A thousand frames need no more memory than a hundred: every second one goes, again and
// again, and the last one stays.
func TestALongFilm(t *testing.T) {
	_, store, _ := training(t)
	f := film.New(watched(t, store), []image.Image{spotAt(4, 4)})
	held := func() int {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	var before int
	for step := 1; step <= 1000; step++ {
		if err := f.Take(step, 0); err != nil {
			t.Fatal(err)
		}
		if step == 100 {
			before = held()
		}
	}
	if grown := held() - before; grown > 1<<20 {
		t.Errorf("900 more frames hold %d bytes more", grown)
	}
	frames := f.Frames()
	if n := len(frames); n > film.Most || n < film.Most/2 || frames[0].Step != 1 || frames[n-1].Step != 1000 {
		t.Errorf("%d frames are kept, from step %d to %d", n, frames[0].Step, frames[n-1].Step)
	}
	for i := 2; i < len(frames)-1; i++ {
		if a, b := frames[i-1].Step-frames[i-2].Step, frames[i].Step-frames[i-1].Step; a != b {
			t.Errorf("frames are %d and then %d steps apart", a, b)
		}
	}
}

// growing is a session whose results have one map more with every call.
type growing struct {
	driver.Session
	calls int
}

func (*growing) Info() gradcamnb.Info { return gradcamnb.Info{Name: "growing"} }

func (g *growing) Explain(context.Context, gradcamnb.Request) ([]*heatmap.Result, error) {
	g.calls++
	return []*heatmap.Result{{Maps: slices.Repeat([]*heatmap.Map{{}}, g.calls)}}, nil
}

// The rows of the strip are the maps of the first frame. A frame of more or fewer, as of the tags above a threshold,
// ends the film and not the training.
func TestAFilmOfAnotherNumberOfMaps(t *testing.T) {
	f := film.New(gradcamnb.NewModel(&growing{}), []image.Image{spotAt(4, 4)})
	for step := range 2 {
		if err := f.Take(step, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Err(); err == nil || !strings.Contains(err.Error(), "has 2 maps after step 1, and 1 in the first frame") ||
		len(f.Frames()) != 1 {
		t.Errorf("%d frames, error %v", len(f.Frames()), err)
	}
}
