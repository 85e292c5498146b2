package engine

import (
	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
)

// ScoreFn is a target of the user's own: a graph function that returns one score for each picture, [batch]. It takes
// outputs or other tensors of the model, each [batch, ...] in the model's own axis order. It must not mix the pictures
// of a batch.
type ScoreFn = aims.ScoreFn

// Target returns a target that a graph function scores. The function gets the named outputs or tensors, or the model's
// first output if none is named. Every call of Target makes a program of its own, so make a target once and use it for
// many pictures.
func Target(name, unit string, score ScoreFn, outputs ...string) gradcamnb.Target {
	return aims.Target(name, unit, score, outputs...)
}
