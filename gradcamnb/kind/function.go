package kind

import (
	"errors"
	"strings"
)

// Function is a target that an engine computes with a function of the user's own. The engine
// looks it up, for nobody else knows what it is.
var Function = Register(Kind{
	Name:  "func",
	Write: func(s Spec) string { return strings.TrimSuffix("func:"+s.Name, ":") },
	Resolve: func(Scene, Spec) ([]ResolvedTarget, error) {
		return nil, errors.New("this engine takes no functions as targets")
	},
})

// OfFunction is a target of [Function]. It can be explained in this process only.
func OfFunction(name string, function any) Spec {
	return Spec{Kind: "func", Name: name, function: function}
}

// Func is what [OfFunction] was given; nil for another kind of target, and for one that came from
// another process.
func (s Spec) Func() any { return s.function }
