package engine

import (
	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// run is one explanation on its way: a request that is planned, what the plan's program gave, and
// the results so far. The stations after the program ([run.perturb], [run.measure]) write into the
// results.
type run struct {
	*session
	backend *backend
	plan    plan
	request gradcamnb.Request
	input   input
	found   []aimed // what the plan's aims resolved to
	results []*heatmap.Result
}

// ofPicture is the run in front of one of its pictures, whose other inputs have that picture's
// values.
func (r run) ofPicture(i int) run {
	r.session = r.session.ofPicture(i)
	return r
}
