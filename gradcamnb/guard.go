package gradcamnb

import (
	"context"
	"io"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/border"
)

// guardedSession is a session that returns panics as errors. Every call of a [Model] goes through one.
type guardedSession struct{ driver.Session }

func (g guardedSession) Layers(ctx context.Context, r Request) (layers []Layer, err error) {
	defer border.Recover(&err)
	return g.Session.Layers(ctx, r)
}

func (g guardedSession) Detect(ctx context.Context, r Request) (found [][]heatmap.Detection, err error) {
	defer border.Recover(&err)
	return g.Session.Detect(ctx, r)
}

func (g guardedSession) Explain(ctx context.Context, r Request) (results []*heatmap.Result, err error) {
	defer border.Recover(&err)
	if err := r.Check(); err != nil {
		return nil, err
	}
	return g.Session.Explain(ctx, r)
}

func (g guardedSession) Close() (err error) {
	defer border.Recover(&err)
	if c, ok := g.Session.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
