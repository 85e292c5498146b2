package kind

import (
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Attribute is the kind of target for a value of an attribute head, by the value's name.
var Attribute = Register(Kind{
	Name: "attribute", Score: "class", Measured: "softmax", CallByName: "Attribute",
	Forms: []Form{{"attribute:HEAD:VALUE", "a value of an attribute head by name"}},
	Read: func(rest string) (Spec, error) {
		head, value, ok := strings.Cut(rest, ":")
		if !ok {
			return Spec{}, textErrorf("write attribute:HEAD:VALUE")
		}
		return Spec{Kind: "attribute", Name: head, Value: value}, nil
	},
	Write:     func(s Spec) string { return "attribute:" + s.Name + ":" + s.Value },
	WithIndex: func(s Spec, index int) Spec { return Spec{Kind: "output", Name: s.Name, Index: []int{index}} },
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if !sc.Outputs().find(s.Name) {
			return nil, noClassf("the model has no head %q; it has %q", s.Name, sc.Outputs().Names())
		}
		values := sc.Outputs().Labels(s.Name)
		if values == nil {
			return nil, noClassf("nothing names the values of the head %q: put them into the sidecar or the card, or give the number, output:%s:0", s.Name, s.Name)
		}
		i := slices.IndexFunc(values, func(v string) bool { return FoldWords(v) == FoldWords(s.Value) })
		if i < 0 {
			return nil, noClassf("the head %q has no value %q; it has %s", s.Name, s.Value,
				nearest.Quote(nearest.Names(values, s.Value, 10)))
		}
		return wrapOne(element(sc, Spec{Kind: "output", Name: s.Name, Index: []int{i}}, "class", Classes))
	},
})
