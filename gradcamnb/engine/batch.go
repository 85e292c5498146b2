package engine

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// takeBatch sets the number of pictures in a pass of the subject: the number that is asked for, on a CPU fewer if that
// is quicker, or, if the model cannot be built for that, the one that its file is made for. It checks the shapes of all
// tensors before anything runs. repaired is true if the model was changed to take another batch than its file's.
func (r run) takeBatch(ctx context.Context, subject *perturb.Subject) (repaired bool, err error) {
	batch := subject.Batch()
	if batch < 1 {
		return false, fmt.Errorf("a batch of %d masks makes no pass: give at least 1", batch)
	}
	pass := batch
	if r.runs == nil && r.backend.IsCPU() {
		pass = subject.SplitBatch(batch)
	}
	input := append([]int{pass}, subject.Input[1:]...)
	n, why, repaired, err := source.Batch(ctx, r.model, input, subject.Wants())
	if err != nil {
		if ctx.Err() != nil {
			return false, err
		}
		input[0] = 1
		if _, _, _, alone := source.Batch(ctx, r.model, input, subject.Wants()); alone != nil {
			return false, err
		}
		subject.Sampling.Batch, subject.Pass = 1, 1
		r.sayOnce(fmt.Sprintf("passes of %s are of 1 picture: %v", r.model.Card().Name, err))
		return false, nil
	}
	if n != pass {
		batch = n
	}
	subject.Sampling.Batch, subject.Pass = batch, n
	if why != nil {
		r.sayOnce(fmt.Sprintf("the file of %s is made for a batch of %d, so passes are of %d", r.model.Card().Name, n, n))
	}
	return repaired, nil
}

// sayOnce prints a line about the model, unless it was printed before.
func (s *session) sayOnce(line string) {
	if _, said := s.engine.said.LoadOrStore(line, true); !said {
		fmt.Fprintln(s.engine.say, "gradcam: "+line)
	}
}

// proveBatch tests a model that was changed to take another batch than its file's. It runs one pass in which the whole
// picture comes after pictures with hidden parts. If the picture's score differs from that of the picture alone, it
// goes back to the file's own batch.
func (s *session) proveBatch(ctx context.Context, subject *perturb.Subject, found []aims.Outcome, picture int) error {
	key := fmt.Sprint(subject.Pass, subject.Input)
	own := max(1, s.model.Card().Input[0])
	if right, done := s.proved.Load(key); done {
		if !right.(bool) {
			subject.Sampling.Batch, subject.Pass = own, own
		}
		return nil
	}
	n, right := subject.Pass, true
	height, width := subject.Size()
	masks := make([]float32, n*height*width)
	for i := range masks {
		k, row := i/(height*width), i/width%height
		if k == n-1 || row*n < (k+1)*height { // the last shows all, the k-th only the upper (k + 1) / n
			masks[i] = 1
		}
	}
	in := tensors.FromFlatDataAndDimensions(masks, n, height, width)
	defer in.MustFinalizeAll()
	scores, err := subject.ScoreBatch(ctx, n, in)
	if err != nil {
		return err
	}
	for a := range subject.Aims {
		alone, among := float64(found[a].Score[picture]), float64(scores[a*n+n-1])
		if !(math.Abs(alone-among) <= 1e-3*max(1, math.Abs(alone))) {
			s.sayOnce(fmt.Sprintf("the file of %s is made for a batch of %d and scores %.6g for the picture among %d, and %.6g alone, so passes are of %d", s.model.Card().Name, own, among, n, alone, own))
			subject.Sampling.Batch, subject.Pass, right = own, own, false
			break
		}
	}
	s.proved.Store(key, right)
	return nil
}
