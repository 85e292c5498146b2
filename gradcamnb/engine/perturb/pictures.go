package perturb

import (
	"context"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Pictures scores n other pictures, one after the other. Picture i begins as a copy of the
// subject's, as the model takes it, and draw changes it. The result is [picture][aim]. Hear is
// told after every pass.
func (s *Subject) Pictures(ctx context.Context, n int, draw func(i int, picture []float32), hear func(done, total int) error) ([][]float32, error) {
	if s.Host != nil {
		return nil, fmt.Errorf("the model is a Go function that is shown masks only, so no changed picture can be scored")
	}
	batch := min(n, s.Batch())
	dims := slices.Clone(s.Input)
	dims[0] = batch
	program, err := s.Compile(fmt.Sprintf("pictures %d", batch), func(m *Within, in []*Node) []*Node {
		return []*Node{m.Scores(in[0])}
	})
	if err != nil {
		return nil, err
	}
	size := len(s.Values)
	out := make([][]float32, 0, n)
	pictures := make([]float32, batch*size)
	for done := 0; done < n; done = len(out) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		now := min(batch, n-done)
		for b := range now {
			one := pictures[b*size : (b+1)*size]
			copy(one, s.Values)
			draw(done+b, one)
		}
		in := tensors.FromFlatDataAndDimensions(pictures, dims...)
		tensor, err := program(in)
		in.MustFinalizeAll()
		if err != nil {
			return out, err
		}
		scores, err := floats(tensor[0])
		if err != nil {
			return out, err
		}
		for b := range now {
			row := make([]float32, len(s.Aims))
			for a := range row {
				row[a] = scores[a*batch+b]
			}
			out = append(out, row)
		}
		if err := hear(len(out), n); err != nil {
			return out, err
		}
	}
	return out, nil
}
