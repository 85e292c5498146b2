package perturb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Pictures scores n changed pictures and returns the scores [picture][aim]. draw changes
// picture i, which is at first a copy of the subject's, as the model takes it. report is
// called after every pass.
func (s *Subject) Pictures(ctx context.Context, n int, draw func(i int, picture []float32),
	report func(done, total int) error) ([][]float32, error) {
	if s.Host != nil {
		return nil, errors.New("a model that is a Go function, or that onnxruntime runs, can score masked pictures only, not changed ones")
	}
	batch, err := s.batch(n)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(s.Input)
	dims[0] = batch
	program, err := s.Compile(fmt.Sprintf("pictures %d", dims[0]), func(m *SubjectGraph, in []*Node) []*Node {
		return []*Node{m.Scores(in[0])}
	})
	if err != nil {
		return nil, err
	}
	copied := func(i int, picture []float32) {
		copy(picture, s.Values)
		draw(i, picture)
	}
	return s.scoreSeries(ctx, series{n: n, dims: dims, draw: copied, score: singleResult(program), report: report})
}
