package heatmap

import (
	"fmt"
	"slices"
	"strings"
)

// Trust says how far a map can be believed: it compares the map with maps that explain nothing and with maps of a
// changed model, target or picture, in numbers and in words.
type Trust struct {
	Faithful float64 // insertion less deletion of the map; NaN if it has none
	Noise    float64 // the same for a map of noise
	Centre   float64 // the same for a bump in the middle
	Weights  float64 // rank correlation with the map of the model with random weights; NaN if there is no such map
	// Cascade holds the rank correlations with the maps of the model with random weights in the last quarter of its
	// layers, in the last half, and in the last three quarters. It is nil if there are no such maps.
	Cascade []float64
	Class   float64 // rank correlation with the map of another class; NaN if the target is not one class of several
	Moves   float64 // largest relative change under noise too weak to be seen; NaN if that was not measured

	Words []string // a sentence for each number that was measured; those that cast doubt come first
}

// A map is doubted if a number is above one of these values. No paper gives any; they are a choice, so every sentence
// shows its number.
const (
	alike = 0.7 // rank correlation of two maps
	moved = 0.5 // change of a map, as a share of its norm
)

// Say fills in Words from the numbers.
func (t *Trust) Say() {
	var grave, fine []string
	say := func(doubt bool, doubtful, good string) {
		if doubt {
			grave = append(grave, doubtful)
		} else {
			fine = append(fine, good)
		}
	}
	if t.Weights == t.Weights {
		say(t.Weights > alike,
			fmt.Sprintf("This map does not depend on what the model has learnt: with random weights it is nearly the same (rank correlation %.2f).", t.Weights),
			fmt.Sprintf("It depends on what the model has learnt: with random weights it is another one (rank correlation %.2f).", t.Weights))
	}
	if len(t.Cascade) > 0 && t.Cascade[0] == t.Cascade[0] {
		say(t.Cascade[0] > alike,
			fmt.Sprintf("This map does not depend on the last layers' weights: with those of the last quarter of the layers random it is nearly the same (rank correlation %.2f%s).",
				t.Cascade[0], describeDeeper(t.Cascade[1:])),
			fmt.Sprintf("It depends on the last layers' weights: with those of the last quarter of the layers random it is another one (rank correlation %.2f%s).",
				t.Cascade[0], describeDeeper(t.Cascade[1:])))
	}
	if t.Class == t.Class {
		say(t.Class > alike,
			fmt.Sprintf("This map does not depend on the class: another class has nearly the same (rank correlation %.2f).",
				t.Class),
			fmt.Sprintf("It depends on the class: another class has another map (rank correlation %.2f).", t.Class))
	}
	if t.Faithful == t.Faithful {
		best, name := t.Noise, "noise"
		if t.Centre > best {
			best, name = t.Centre, "a bump in the middle"
		}
		say(t.Faithful <= best,
			fmt.Sprintf("This map shows the model no more of what it uses than %s does (insertion - deletion %.3f, %.3f).", name,
				t.Faithful, best),
			fmt.Sprintf("It shows the model more of what it uses than noise (%.3f) and a bump in the middle (%.3f) do: insertion - deletion is %.3f.", t.Noise, t.Centre, t.Faithful))
	}
	if t.Moves == t.Moves {
		say(t.Moves > moved,
			fmt.Sprintf("This map changes by %.0f %% of itself under noise that nobody sees.", 100*t.Moves),
			fmt.Sprintf("Under noise that nobody sees it changes by %.0f %% of itself.", 100*t.Moves))
	}
	t.Words = slices.Concat(grave, fine)
}

// describeDeeper returns the rank correlations for more layers than the last quarter, in words.
func describeDeeper(cascade []float64) string {
	var text strings.Builder
	for i, name := range []string{"half", "three quarters"} {
		if i < len(cascade) {
			fmt.Fprintf(&text, "; of the last %s %.2f", name, cascade[i])
		}
	}
	return text.String()
}
