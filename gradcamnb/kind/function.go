package kind

import (
	"errors"
	"strings"
)

// Function is the kind of target that an engine computes with a function of the user's own. Only the engine can look it
// up, since only it knows the function's type.
var Function = Register(Kind{
	Name:  "func",
	Write: func(s Spec) string { return strings.TrimSuffix("func:"+s.Name, ":") },
	Resolve: func(Scene, Spec) ([]ResolvedTarget, error) {
		return nil, errors.New("this engine takes no functions as targets")
	},
})

// NewFunction returns a target of the kind [Function]. It can be explained in this process only.
func NewFunction(name string, function any) Spec {
	return Spec{Kind: "func", Name: name, function: function}
}

// Func returns the function that [NewFunction] was given. It returns nil for another kind of target, and for a target
// that came from another process.
func (s Spec) Func() any { return s.function }
