package engine

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// shiftedProgram returns a function that makes the program of a plan for a model that first subtracts a number from the
// picture.
func (s *session) shiftedProgram(by float32) func(*device.Backend, plans.Plan) (*device.Program, error) {
	return func(b *device.Backend, p plans.Plan) (*device.Program, error) {
		return s.cachedProgram(fmt.Sprintf("%s shifted by %g", p.Key(), by), func() (*device.Program, error) {
			return s.newProgram(b, func(scope *model.Scope, inputs []*Node) []*Node {
				return p.Build(shift(s.model, by), scope, inputs).List()
			})
		})
	}
}

// shift returns the model that first subtracts a number from the picture. It is a [source.RuledBuilder] if the model
// is.
func shift(m source.Model, by float32) source.Model {
	shifted := shiftedModel{m, by}
	if ruled, ok := m.(source.RuledBuilder); ok {
		return shiftedRuledModel{shifted, ruled}
	}
	return shifted
}

type shiftedModel struct {
	source.Model
	by float32
}

// Build implements [source.Model].
func (m shiftedModel) Build(scope *model.Scope, x *Node, cuts, wants []string) source.BuiltModel {
	built := m.Model.Build(scope, AddScalar(x, -m.by), cuts, wants)
	for i, cut := range cuts {
		if cut == source.Picture { // the picture is the input before the subtraction
			built.Cuts[i].Node = x
		}
	}
	return built
}

type shiftedRuledModel struct {
	shiftedModel
	ruled source.RuledBuilder
}

// BuildGuided implements [source.RuledBuilder].
func (m shiftedRuledModel) BuildGuided(scope *model.Scope, x *Node, wants []string,
	gradient func(r, g *Node) *Node) map[string]*Node {
	return m.ruled.BuildGuided(scope, AddScalar(x, -m.by), wants, gradient)
}

// BuildRelevant implements [source.RuledBuilder].
func (m shiftedRuledModel) BuildRelevant(scope *model.Scope, x *Node, wants []string) map[string]*Node {
	return m.ruled.BuildRelevant(scope, AddScalar(x, -m.by), wants)
}
