// Command train trains the networks of scenes/nets and writes their weights:
//
//	go run ./scenes/train testdata/scenes
//
// The seeds are fixed, and every step sees scenes that no earlier step has seen. Training takes some minutes on two
// cores with XLA.
package main

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/scenes"
	"github.com/gradcam-go/gradcam/scenes/nets"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "train: name the folder for the weights, and then networks if not all are wanted")
		os.Exit(2)
	}
	for _, c := range courses {
		if len(os.Args) > 2 && !slices.Contains(os.Args[2:], c.net.Name) {
			continue
		}
		if err := c.run(filepath.Join(os.Args[1], c.net.Name)); err != nil {
			fmt.Fprintf(os.Stderr, "train: %s: %v\n", c.net.Name, err)
			os.Exit(1)
		}
	}
}

// course is how one network is trained.
type course struct {
	net    nets.Net
	steps  int
	labels int // how many numbers label one picture

	// example returns the picture of a seed and its labels.
	example func(seed uint64) (image.Image, []int32)

	// loss compares the outputs with labels [batch, labels].
	loss func(outputs []*Node, labels *Node) *Node

	// right returns the share of right answers, as a scalar.
	right func(outputs []*Node, labels *Node) *Node
}

var courses = []course{
	finder,
	{
		net: nets.Tagger, steps: 3000, labels: len(nets.Tagger.Labels),
		example: func(seed uint64) (image.Image, []int32) {
			s := scenes.Draw(seed, scenes.Options{Most: 3})
			labels := make([]int32, len(nets.Tagger.Labels))
			for _, o := range s.Objects {
				for i, has := range nets.Tags(o) {
					if has {
						labels[i] = 1
					}
				}
			}
			return s.Picture, labels
		},
		loss: func(outputs []*Node, labels *Node) *Node {
			return loss.BinaryCrossentropyLogits([]*Node{labels}, outputs)
		},
		right: func(outputs []*Node, labels *Node) *Node {
			said := GreaterThan(outputs[0], ZerosLike(outputs[0]))
			return share(Equal(said, GreaterThan(labels, ZerosLike(labels))))
		},
	},
	{
		net: nets.Attributor, steps: 1500, labels: 2,
		example: func(seed uint64) (image.Image, []int32) {
			s := scenes.Draw(seed, scenes.Options{Most: 3})
			r := rand.New(rand.NewPCG(seed, 1))
			o := s.Objects[r.IntN(len(s.Objects))]
			shift := image.Pt(r.IntN(5)-2, r.IntN(5)-2) // boxes of a detector are never exact
			crop := nets.Crop(s.Picture.Bounds(), o.Box.Add(shift))
			return s.Picture.SubImage(crop), []int32{int32(o.Shape), int32(o.Color)}
		},
		loss: func(outputs []*Node, labels *Node) *Node {
			shape, color := Slice(labels, AxisRange(), AxisRange(0, 1)), Slice(labels, AxisRange(), AxisRange(1, 2))
			return Add(loss.SparseCategoricalCrossEntropyLogits([]*Node{shape}, outputs[:1]),
				loss.SparseCategoricalCrossEntropyLogits([]*Node{color}, outputs[1:]))
		},
		right: func(outputs []*Node, labels *Node) *Node {
			both := Stack([]*Node{ArgMax(outputs[0], 1), ArgMax(outputs[1], 1)}, 1)
			return share(Equal(both, labels))
		},
	},
	{
		net: nets.Segmenter, steps: 1500, labels: nets.Segmenter.Side * nets.Segmenter.Side,
		example: func(seed uint64) (image.Image, []int32) {
			s := scenes.Draw(seed, scenes.Options{Most: 4, Overlap: seed%2 == 1})
			var labels []int32
			for _, class := range s.ClassMask().Values {
				labels = append(labels, int32(class))
			}
			return s.Picture, labels
		},
		loss: func(outputs []*Node, labels *Node) *Node {
			logits := TransposeAllAxes(outputs[0], 0, 2, 3, 1)
			return loss.SparseCategoricalCrossEntropyLogits(
				[]*Node{Reshape(labels, append(logits.Shape().Dimensions[:3:3], 1)...)}, []*Node{logits})
		},
		right: func(outputs []*Node, labels *Node) *Node {
			return share(Equal(Reshape(ArgMax(outputs[0], 1), labels.Shape().Dimensions...), labels))
		},
	},
}

func share(right *Node) *Node { return ReduceAllMean(ConvertDType(right, dtypes.Float32)) }

const (
	batch  = 32
	unseen = 1 << 32 // seeds from here on are for judging
)

// run trains, judges on scenes that were not trained on, and writes the weights.
func (c course) run(dir string) error {
	backend, err := engine.Backend()
	if err != nil {
		return err
	}
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		return err
	}
	adam := optimizer.Adam().LearningRate(3e-3).Done()
	step, err := model.NewExec(backend, store, func(scope *model.Scope, x, labels *Node) *Node {
		l := c.loss(c.net.Graph(scope, x), labels)
		adam.UpdateGraph(scope, x.Graph(), l)
		return l
	})
	if err != nil {
		return err
	}
	judge, err := model.NewExec(backend, store, func(scope *model.Scope, x, labels *Node) *Node {
		return c.right(c.net.Graph(scope, x), labels)
	})
	if err != nil {
		return err
	}
	batches := c.batches()
	mean := 0.0
	for i := range c.steps {
		switch i { // slower and slower
		case c.steps / 2:
			err = setRate(store, 1e-3)
		case c.steps * 4 / 5:
			err = setRate(store, 3e-4)
		}
		if err != nil {
			return err
		}
		b := <-batches
		out, err := step.Call(b.x, b.labels)
		if err != nil {
			return err
		}
		mean += float64(tensors.ToScalar[float32](out[0]))
		if n := 100; i%n == n-1 {
			fmt.Printf("%s: step %d of %d, loss %.4f\n", c.net.Name, i+1, c.steps, mean/float64(n))
			mean = 0
		}
	}
	right := 0.0
	const judged = 20
	for i := range uint64(judged) {
		b, err := c.batch(unseen + i*batch)
		if err != nil {
			return err
		}
		out, err := judge.Call(b.x, b.labels)
		if err != nil {
			return err
		}
		right += float64(tensors.ToScalar[float32](out[0])) / judged
	}
	fmt.Printf("%s: %.2f %% of the answers on %d unseen scenes are right\n", c.net.Name, 100*right, judged*batch)
	return c.save(store, dir)
}

func setRate(store *model.Store, rate float32) error {
	for v := range store.IterVariables() {
		if v.Name() == optimizer.ParamLearningRate {
			return v.SetValue(tensors.FromScalar(rate))
		}
	}
	return errors.New("the optimizer has no learning rate")
}

type examples struct{ x, labels *tensors.Tensor }

// batches makes the next batch while one is trained on.
func (c course) batches() <-chan examples {
	out := make(chan examples, 2)
	go func() {
		defer close(out)
		for i := range uint64(c.steps) {
			b, err := c.batch(i * batch)
			if err != nil {
				panic(err) // scenes can be prepared
			}
			out <- b
		}
	}()
	return out
}

// batch makes the examples of consecutive seeds.
func (c course) batch(seed uint64) (examples, error) {
	prep := c.net.Prep()
	var x []float32
	var labels []int32
	for i := range uint64(batch) {
		img, l := c.example(seed + i)
		values, _, err := prep.Tensor(img, imgio.ChannelsLast)
		if err != nil {
			return examples{}, err
		}
		x, labels = append(x, values...), append(labels, l...)
	}
	return examples{
		tensors.FromFlatDataAndDimensions(x, batch, c.net.Side, c.net.Side, 3),
		tensors.FromFlatDataAndDimensions(labels, batch, c.labels),
	}, nil
}

// save writes what the network itself reads, without the optimizer's memory.
func (c course) save(trained *model.Store, dir string) error {
	weights := model.NewStore()
	for v := range trained.IterVariables() {
		if !v.Trainable {
			continue
		}
		value, err := v.Value()
		if err != nil {
			return err
		}
		if err := value.ToLocal(); err != nil {
			return err
		}
		if _, err := weights.CreateVariable(v.Path(), value); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	h, err := checkpoint.Build(weights).Dir(dir).Done()
	if err != nil {
		return err
	}
	return h.Save()
}
