package heatmap

import "fmt"

// PictureNames returns a title for each result's picture: its name if no other picture has that name, or else its
// number from 1, such as "picture 3", with the name in brackets if there is one.
func PictureNames(results []*Result) []string {
	count := map[string]int{}
	for _, r := range results {
		count[r.Name]++
	}
	out := make([]string, len(results))
	for i, r := range results {
		switch {
		case r.Name == "":
			out[i] = fmt.Sprintf("picture %d", i+1)
		case count[r.Name] > 1:
			out[i] = fmt.Sprintf("picture %d (%s)", i+1, r.Name)
		default:
			out[i] = r.Name
		}
	}
	return out
}

// ClassName returns the label of a class, or "class 7" of the class 7 if it has none.
func ClassName(label string, index int) string {
	if label == "" {
		return fmt.Sprintf("class %d", index)
	}
	return label
}

// Name returns the label, or "class 7" or "tag 7" of the number 7 if it has none.
func (p Prediction) Name() string {
	if p.Label == "" && p.Of != "" {
		return fmt.Sprintf("%s %d", p.Of, p.Index)
	}
	return ClassName(p.Label, p.Index)
}

// Prediction returns the class that a map explains as one of the model's predictions.
func (r *Result) Prediction(m *Map) Prediction {
	p := Prediction{Index: m.Index, Label: m.Class, Score: m.Score, Probability: m.Probability}
	if list := r.Predictions(m); len(list) > 0 {
		p.Of = list[0].Of
	}
	return p
}

// Likelihood returns how probable the model finds the class that a map explains, from 0 to 1. ok is false if the model
// gives no probability for it, or if the map explains no class.
func (r *Result) Likelihood(m *Map) (probability float32, ok bool) {
	if m.Rank > 0 {
		return m.Probability, m.Probability == m.Probability
	}
	if m.Class == "" { // the index of a contrast or a function is not its class
		return 0, false
	}
	for _, p := range r.Predictions(m) {
		if p.Index == m.Index && p.Label == m.Class {
			return p.Probability, p.Probability == p.Probability
		}
	}
	return 0, false
}

// Predictions returns the best values of the output that a map explains.
func (r *Result) Predictions(m *Map) []Prediction {
	if m.Head != "" {
		return m.Top
	}
	return r.Top
}
