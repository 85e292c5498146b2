package perturb

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Subject is a model, one prepared picture, and the aims that are scored.
type Subject struct {
	Model  source.Model   // the model that is explained
	Input  []int          // shape of the picture as the model takes it, with a batch of 1
	Values []float32      // of the picture
	Aims   []Aim          // what is scored
	Layers []source.Layer // for methods that work at layers

	// Baseline is the picture that is seen in hidden places, as the model takes it; nil
	// means zeros, which for most models is the mean colour.
	Baseline []float32

	Sampling ask.Sampling // how many masks, and of which kind

	// Pass is the number of pictures that the model is given at a time, a divisor of the batch; 0 is the batch.
	Pass int

	// Host scores n masks, [n, H, W] laid flat, if the model is no graph but a Go function:
	// it returns [aim][mask] laid flat. Methods that need the model in a graph cannot be used
	// then. Host is nil if the model is a graph.
	Host func(ctx context.Context, masks []float32, n int) ([]float32, error)

	// Compile returns the program of a graph. The session keeps programs by their key. The key
	// must tell a method's graphs apart; the model, the input's shape, the aims and whether
	// there is a baseline are added to it.
	Compile func(key string, graph GraphFn) (Program, error)
}

// Aim is one score of a batch of pictures.
type Aim struct {
	Wants       []string          // tensors of the model that the score reads
	Params      []*tensors.Tensor // values that can change without another program, such as a class
	IsDetection bool              // it scores detections

	// Score returns [batch] from the wanted tensors and the nodes of the parameters.
	Score func(outputs map[string]*Node, params []*Node) *Node

	// Probability returns that of the class or tag that the aim is, [batch], or its own number if it has none. It takes
	// what Score takes, and is nil if the aim is not one of several.
	Probability func(outputs map[string]*Node, params []*Node) *Node
}

// GraphFn builds the graph of a program. m has the picture and the aims' parameters; inputs
// are the program's own.
type GraphFn func(m *SubjectGraph, inputs []*Node) []*Node

// Program runs a compiled graph with its own inputs. It fails if ctx ends while the graph is being compiled. The caller
// still owns the inputs, and owns the results.
type Program func(ctx context.Context, inputs ...*tensors.Tensor) ([]*tensors.Tensor, error)

// SubjectGraph is a subject inside a graph.
type SubjectGraph struct {
	Picture  *Node // as the model takes it, with a batch of 1
	baseline *Node // like the picture; nil for zeros

	subject *Subject
	scope   *model.Scope
	params  []*Node
}

// Enter returns the subject inside a graph whose first inputs are those of
// [Subject.Arguments], and the rest of the inputs, which are the program's own.
func (s *Subject) Enter(scope *model.Scope, inputs []*Node) (m *SubjectGraph, rest []*Node) {
	n := 1
	for _, a := range s.Aims {
		n += len(a.Params)
	}
	m = &SubjectGraph{Picture: inputs[0], subject: s, scope: scope, params: inputs[1:n]}
	if s.Baseline != nil {
		m.baseline, n = inputs[n], n+1
	}
	return m, inputs[n:]
}

// Arguments returns the picture, the aims' parameters and, if there is one, the baseline. The
// tensors of picture and baseline are new.
func (s *Subject) Arguments() []*tensors.Tensor {
	args := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(s.Values, s.Input...)}
	for _, a := range s.Aims {
		args = append(args, a.Params...)
	}
	if s.Baseline != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(s.Baseline, s.Input...))
	}
	return args
}

// Build builds the model on x, a batch of pictures.
func (m *SubjectGraph) Build(x *Node, cuts, wants []string) source.BuiltModel {
	return m.subject.Model.Build(m.scope, x, cuts, wants)
}

// Scores returns the aims' scores of x, a batch of pictures: [aims, batch].
func (m *SubjectGraph) Scores(x *Node) *Node {
	return m.ScoresOf(m.Build(x, nil, m.subject.Wants()).Outputs)
}

// ScoresOf returns the aims' scores [aims, batch] from the tensors of [Subject.Wants] of a
// model that is built already.
func (m *SubjectGraph) ScoresOf(outputs map[string]*Node) *Node {
	return m.subject.ScoresOf(outputs, m.params)
}

// ScoresOf returns the aims' scores [aims, batch] from the tensors of [Subject.Wants] and the nodes of the aims'
// parameters.
func (s *Subject) ScoresOf(outputs map[string]*Node, params []*Node) *Node {
	var scores []*Node
	for _, a := range s.Aims {
		scores = append(scores, a.Score(outputs, params[:len(a.Params)]))
		params = params[len(a.Params):]
	}
	return Stack(scores, 0)
}

// Wants returns the names of all tensors that the aims read, each once.
func (s *Subject) Wants() []string {
	var names []string
	seen := map[string]bool{}
	for _, a := range s.Aims {
		for _, name := range a.Wants {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// Size returns the height and width of the picture.
func (s *Subject) Size() (height, width int) {
	size := s.Model.Card().Layout.Size(s.Input)
	return size[0], size[1]
}

// Slices returns the number of slices of a volume, or 0 for a picture. The height of Size is that of all slices.
func (s *Subject) Slices() int { return s.Model.Card().Slices }

// Hide returns the picture I behind masks M [batch, H, W]: B + M (I - B). At 1 the picture is
// seen, and at 0 the baseline B.
func (m *SubjectGraph) Hide(masks *Node) *Node {
	channels, _, _ := m.subject.Model.Card().Layout.Axes()
	masks = InsertAxes(masks, channels)
	if m.baseline == nil {
		return Mul(m.Picture, masks)
	}
	return Add(m.baseline, Mul(masks, Sub(m.Picture, m.baseline)))
}

// Batch returns the number of pictures in a batch: the number that was asked for, else [Subject.quickest]. A batch is
// one pass of the model unless Pass says otherwise.
func (s *Subject) Batch() int {
	if s.Sampling.Batch != 0 {
		return s.Sampling.Batch
	}
	return s.quickest()
}

// quickest returns the number of pictures in a pass that is quickest on a CPU: 16, but no more pixels than 25 pictures
// of 256 x 256 have, and at least 1. With more, the values between two operators leave the processor's caches.
func (s *Subject) quickest() int {
	const most, pixels = 16, 25 * 256 * 256
	height, width := s.Size()
	return max(1, min(most, pixels/max(1, height*width)))
}

// SplitBatch returns how many pictures of a batch a CPU is given at a time: the largest divisor of the batch that is
// not above [Subject.quickest].
func (s *Subject) SplitBatch(batch int) int {
	n := min(batch, s.quickest())
	for batch%n != 0 {
		n--
	}
	return n
}

// pass returns the number of pictures in one pass of the model.
func (s *Subject) pass() int { return cmp.Or(s.Pass, s.Batch()) }

// group returns how many masks are drawn and summed at a time: as many whole batches as have at most 16 masks together,
// but at least one batch. A host is given one batch. The sums, which are as large as the picture, are read and written
// once for a group.
func (s *Subject) group(batch int) int {
	const most = 16
	if s.Host != nil {
		return batch
	}
	return batch * max(1, most/batch)
}

// ScoreMasked scores the picture under n masks and returns the scores [mask][aim]. draw writes
// mask i, of H*W values. report is called after every pass.
func (s *Subject) ScoreMasked(ctx context.Context, n int, draw func(i int, mask []float32),
	report func(done, total int) error) ([][]float32, error) {
	batch, err := s.batch(n)
	if err != nil {
		return nil, err
	}
	height, width := s.Size()
	score, err := s.scorer(batch)
	if err != nil {
		return nil, err
	}
	return s.scoreSeries(ctx, series{n: n, dims: []int{batch, height, width}, draw: draw, score: score, report: report})
}

// series describes n masks or pictures that are drawn and scored in batches.
type series struct {
	n      int
	dims   []int // the shape of a batch; the first is its number of masks or pictures
	draw   func(i int, one []float32)
	score  batchScorer
	report func(done, total int) error
}

// scoreSeries draws a series, scores it, and returns the scores [mask or picture][aim]. If it fails it returns those so
// far with the error.
func (s *Subject) scoreSeries(ctx context.Context, r series) ([][]float32, error) {
	n, batch := r.n, r.dims[0]
	out := make([][]float32, 0, n)
	size := 1
	for _, d := range r.dims[1:] {
		size *= d
	}
	values := make([]float32, batch*size)
	for done := 0; done < n; done = len(out) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		for b := range min(batch, n-done) {
			r.draw(done+b, values[b*size:(b+1)*size])
		}
		in := tensors.FromFlatDataAndDimensions(values, r.dims...)
		scores, err := r.score(ctx, in)
		in.MustFinalizeAll()
		if err != nil {
			return out, err
		}
		for b := range min(batch, n-done) {
			row := make([]float32, len(s.Aims))
			for a := range row {
				row[a] = scores[a*batch+b]
			}
			out = append(out, row)
		}
		if err := r.report(len(out), n); err != nil {
			return out, err
		}
	}
	return out, nil
}

// ScoreBatch scores n masks [n, H, W] and returns the scores [aim][mask] laid flat.
func (s *Subject) ScoreBatch(ctx context.Context, n int, masks *tensors.Tensor) ([]float32, error) {
	score, err := s.scorer(n)
	if err != nil {
		return nil, err
	}
	return score(ctx, masks)
}

// batchScorer scores a batch of masks [batch, H, W], or of pictures. It returns [aim][one of the batch] laid flat.
type batchScorer func(ctx context.Context, batch *tensors.Tensor) ([]float32, error)

// groupScorer scores the first masks of a group [n, H, W]. It returns [aim][mask] laid flat, and how many of the masks
// are scored: all, or fewer if ctx ended or heard, which is told of every pass, said to stop.
type groupScorer func(ctx context.Context, masks *tensors.Tensor, first int, heard heardFn) ([]float32, int, error)

// heardFn is told how many masks of a group are scored.
type heardFn func(scored int) (stop bool, err error)

// scorerOfGroup returns a scorer of groups in passes of [Subject.pass].
func (s *Subject) scorerOfGroup(n int) (groupScorer, error) {
	pass := s.pass()
	if s.Host != nil || pass == n {
		score, err := s.scorer(n)
		return func(ctx context.Context, masks *tensors.Tensor, first int, _ heardFn) ([]float32, int, error) {
			scores, err := score(ctx, masks)
			return scores, first, err
		}, err
	}
	program, err := s.Compile(fmt.Sprintf("masked %d of %d", pass, n), func(m *SubjectGraph, in []*Node) []*Node {
		at := Iota(in[1].Graph(), shapes.Make(dtypes.Int32, pass, 1), 0)
		return []*Node{m.Scores(m.Hide(Gather(in[0], Add(at, in[1]))))}
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, masks *tensors.Tensor, first int, heard heardFn) ([]float32, int, error) {
		all := make([]float32, len(s.Aims)*n)
		for at := 0; at < first; at += pass {
			if err := ctx.Err(); err != nil {
				if at > 0 {
					err = nil // what is scored counts
				}
				return all, at, err
			}
			from := tensors.FromScalar(int32(at))
			out, err := program(ctx, masks, from)
			from.MustFinalizeAll()
			if err != nil {
				return nil, 0, err
			}
			some, err := device.Floats(out[0])
			if err != nil {
				return nil, 0, err
			}
			for a := range s.Aims {
				copy(all[a*n+at:a*n+at+pass], some[a*pass:])
			}
			if stop, err := heard(min(at+pass, first)); stop || err != nil {
				return all, min(at+pass, first), err
			}
		}
		return all, first, nil
	}, nil
}

// scorer returns a scorer of masks.
func (s *Subject) scorer(batch int) (batchScorer, error) {
	if s.Host != nil { // the masks come here, for the model is not there
		return func(ctx context.Context, masks *tensors.Tensor) ([]float32, error) {
			values, err := tensors.CopyFlatData[float32](masks)
			if err != nil {
				return nil, err
			}
			return s.Host(ctx, values, batch)
		}, nil
	}
	program, err := s.Compile(fmt.Sprintf("masked %d", batch), func(m *SubjectGraph, in []*Node) []*Node {
		return []*Node{m.Scores(m.Hide(in[0]))}
	})
	return singleResult(program), err
}

// singleResult returns the scorer that a program with one input and one result is.
func singleResult(program Program) batchScorer {
	return func(ctx context.Context, in *tensors.Tensor) ([]float32, error) {
		out, err := program(ctx, in)
		if err != nil {
			return nil, err
		}
		return device.Floats(out[0])
	}
}

// ApplyMasks returns n copies of the picture I behind masks M [n, H, W], computed outside of a graph: B + M (I - B),
// with the baseline B, or zeros.
func (s *Subject) ApplyMasks(masks []float32, n int) []float32 {
	pixels, each := len(masks)/n, len(s.Values)
	out := make([]float32, n*each)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { s.applyMask(out[i*each:(i+1)*each], masks[i*pixels:(i+1)*pixels]) })
	}
	all.Wait()
	return out
}

// applyMask writes the picture behind one mask [H, W] to out.
func (s *Subject) applyMask(out, mask []float32) {
	channels := len(out) / len(mask)
	nextPixel, nextChannel := 1, len(mask)
	if s.Model.Card().Layout == imgio.ChannelsLast {
		nextPixel, nextChannel = channels, 1
	}
	for p, m := range mask {
		for c := range channels {
			k := p*nextPixel + c*nextChannel
			var base float32
			if s.Baseline != nil {
				base = s.Baseline[k]
			}
			out[k] = base + m*(s.Values[k]-base)
		}
	}
}
