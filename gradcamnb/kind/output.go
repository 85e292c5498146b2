package kind

import (
	"fmt"
	"strings"
)

// NamedOutput is the kind of target for one element of a named output, such as an attribute head.
var NamedOutput = Register(Kind{
	Name: "output", Score: "class", Measured: "softmax", Call: "Output",
	Forms: []Form{{"output:NAME:INDEX", "an element of a named output"}},
	Read:  nameAndIndex("output"), Write: writeNameAndIndex, WithIndex: setIndex, Elements: outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if !sc.Outputs().find(s.Name) {
			return nil, fmt.Errorf("the model has no output %q; it has %q", s.Name, sc.Outputs().Names())
		}
		return wrapOne(element(sc, s, "class", Numbers))
	},
})

// nameAndIndex returns a [Kind.Read] for NAME:INDEX. Names may hold colons.
func nameAndIndex(kind string) func(string) (Spec, error) {
	return func(rest string) (Spec, error) {
		colon := strings.LastIndex(rest, ":")
		if colon < 1 {
			return Spec{}, textErrorf("write %s:NAME:INDEX", kind)
		}
		index, err := readOnlyIndices(rest[colon+1:])
		if value := rest[colon+1:]; err != nil && kind == "output" && strings.TrimSpace(value) != "" {
			err = textErrorf("%w; attribute:%s:%s takes the name of a value", err, rest[:colon], value)
		}
		return Spec{Kind: kind, Name: rest[:colon], Index: index}, err
	}
}

func writeNameAndIndex(s Spec) string { return s.Kind + ":" + s.Name + ":" + s.element() }
