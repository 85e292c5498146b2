package aims

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/internal/place"
)

// fit chooses the functions by which the aim is scored and measured, so that they fit the unit of the answer's numbers.
// It returns an error if none fits.
func (a *Aim) fit() error {
	r := a.read
	if a.measured.Name == target.Probability.Name || a.measured.Name == target.TagProbability.Name {
		a.measured = r.probabilityTarget(a.measured)
	}
	switch a.scored.Name {
	case target.Probability.Name:
		a.scored = r.probabilityTarget(target.Probability)
		switch {
		case r.isSingle():
			return fmt.Errorf("the output %q is one number, whose softmax is 1 whatever it is: explain what it says for class 1 or 0 with %s, or the number itself with %s", r.tensor,
				place.Words("gradcamnb.Binary(1)", "--target binary:1"), place.Words("gradcamnb.Class(0)", "--target class:0"))
		case r.unit == source.PlainNumbers:
			return fmt.Errorf("the output %q is no probability, and no logits from which one could be computed", r.tensor)
		case a.scored.Name == target.TagProbability.Name:
			a.Note = "the model's probability of the class by itself, a sigmoid and no softmax"
		}
		if a.scored.Name == target.Element.Name {
			a.Unit = target.Probability.Unit
		}
		a.measured = a.scored
	case target.Finer.Name:
		return r.checkLogits(askClass())
	}
	return nil
}

// checkLogits returns an error if the numbers are no logits, of which a softmax makes probabilities. Logarithms of
// probabilities are. The remedy says what to do instead.
func (a Answer) checkLogits(remedy string) error {
	if a.logits() || a.unit == source.LogProbability {
		return nil
	}
	return fmt.Errorf("the output %q is no list of logits: %s", a.tensor, remedy)
}

// askClass returns words that say how to ask for a class.
func askClass() string {
	return "explain a class with " + place.Words("gradcamnb.Class(INDEX)", "--target class:INDEX")
}

// ForMeasuring returns the aim with the score by which its maps are measured. A class is scored by its probability, as
// in the metrics' papers, even if its logit was explained. A tag is scored by its own probability.
func (a Aim) ForMeasuring() Aim {
	a.scored = a.measured
	return a
}
