package study

import (
	"context"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// countingSession remembers how many pictures it explained at last.
type countingSession struct {
	fakeSession
	last int
}

func (c *countingSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	c.last = len(r.Pictures)
	return c.fakeSession.Explain(ctx, r)
}

// If a picture of a batch cannot be explained, the others are compared with each other all the same.
func TestOthersStayTogether(t *testing.T) {
	for metric, want := range map[string]int{"consistency": 3, "insertion": 1} {
		c := &countingSession{}
		s := newStudy(t, nil, 1, 2, 99, 3)
		s.Model, s.Metrics, s.Batch = gradcamnb.NewModel(c), []string{metric}, 4
		sum, err := s.Run(t.Context())
		if err != nil || sum.Failures != 1 {
			t.Fatal(err, sum)
		}
		if c.last != want {
			t.Errorf("%s is measured with %d pictures, want %d", metric, c.last, want)
		}
	}
}
