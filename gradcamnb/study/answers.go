package study

// Answers counts how often the prediction of a model is the label of a picture.
type Answers struct {
	Model    string // its name
	Labelled int    // pictures whose label is a class of the model
	Right    int    // of these, those whose prediction is the label

	Unlisted     int    // pictures whose label is no class of the model, although it predicts classes
	UnknownLabel string // label of the first of these
}

// hasPrediction tells whether the model predicts classes.
func (r Row) hasPrediction() bool { return r.Prediction != "" || r.Probability > 0 }

// newAnswers returns the answer that a row holds.
func newAnswers(r Row) Answers {
	a := Answers{Model: r.Model}
	switch {
	case r.Labelled:
		a.Labelled = 1
		if r.Correct {
			a.Right = 1
		}
	case r.Label != "" && r.hasPrediction():
		a.Unlisted, a.UnknownLabel = 1, r.Label
	}
	return a
}

// addAnswers adds answers to those of their model in a list.
func addAnswers(all []Answers, a Answers) []Answers {
	for i := range all {
		mine := &all[i]
		if mine.Model != a.Model {
			continue
		}
		if mine.Unlisted == 0 {
			mine.UnknownLabel = a.UnknownLabel
		}
		mine.Labelled, mine.Right, mine.Unlisted = mine.Labelled+a.Labelled, mine.Right+a.Right, mine.Unlisted+a.Unlisted
		return all
	}
	return append(all, a)
}
