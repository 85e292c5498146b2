package engine

import (
	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
)

// ScoreFn is a target of one's own: a graph function of the model's outputs, or of other
// tensors of it, each [batch, ...] in the model's own axis order, that gives one score a
// picture, [batch]. The pictures of a batch must not mix in it.
type ScoreFn = aims.ScoreFn

// Target makes a target of a graph function. It reads the named outputs or tensors, the
// model's first output if none is named. The target holds the function: make it once and use
// it for many pictures, since every call of Target is a program of its own.
func Target(name, unit string, score ScoreFn, outputs ...string) gradcamnb.Target {
	return aims.Target(name, unit, score, outputs...)
}
