package kind

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// findLabel returns the number of the element that a name means. It tries three rules and takes the first that finds a
// label: the name is the label, or one of its parts between commas ("tabby, tabby cat"); the label holds the name as
// whole words; the label holds the name anywhere. If there are several, it takes the one that the model finds likeliest
// in the pictures; for a detector or a segmentation, the first. The note says what was taken, unless only one label is
// the name. Case does not matter, nor whether spaces, dashes or underscores join words.
func findLabel(sc Scene, r ResolvedTarget, name string) (index int, note string, err error) {
	if len(r.Labels) == 0 {
		of := "detector"
		if len(r.Tensors) > 0 {
			of = fmt.Sprintf("output %q", r.Tensors[0])
		}
		return 0, "", noClassf("nothing names the classes of the %s: put them into the sidecar or the card, or give the number", of)
	}
	found, exact := matchLabels(r.Labels, name)
	which := "first"
	switch {
	case len(found) == 0:
		if parts := strings.Split(name, ","); len(parts) > 1 && areAllLabels(r.Labels, parts) {
			return 0, "", noClassf("there is no class %q, but one for each of its parts: ask for each by itself", name)
		}
		near := nearest.Names(r.Labels, name, 5)
		return 0, "", noClassf("there is no class %q; the nearest labels are %s", name, nearest.Quote(near))
	case len(found) == 1 && exact:
		return found[0], "", nil
	case len(found) > 1:
		sorted, err := likeliest(sc, r, found)
		if err != nil {
			return 0, "", err
		}
		if sorted != nil {
			found, which = sorted, "likeliest"
		}
	}
	index = found[0]
	note = fmt.Sprintf("%q was taken for %s (%d)", name, r.Labels[index], index)
	if others := found[1:]; len(others) > 0 {
		var names []string
		for _, i := range others[:min(3, len(others))] {
			names = append(names, fmt.Sprintf("%s (%d)", r.Labels[i], i))
		}
		if more := len(others) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		note += ", the " + which + " of several; others are " + strings.Join(names, ", ")
	}
	return index, note, nil
}

// mostParts is how many names are looked up to tell whether each is a label: one costs as much as all labels are long.
const mostParts = 20

// areAllLabels tells whether there is a label for each of several names, which are few.
func areAllLabels(labels, names []string) bool {
	return len(names) <= mostParts && !slices.ContainsFunc(names, func(name string) bool {
		_, exact := matchLabels(labels, name)
		return !exact
	})
}

// several returns the numbers of the classes that a target names. What was taken for a name is added to the note.
func (r *ResolvedTarget) several(sc Scene, s Spec) ([]int, error) {
	if s.Value == "" && len(s.Values) == 0 {
		return s.Index, nil
	}
	var index []int
	for _, name := range slices.Concat(s.Values, splitNames(s.Value, r.Labels)) {
		i, err := strconv.Atoi(name)
		if err != nil || len(s.Values) > 0 {
			var note string
			if i, note, err = findLabel(sc, *r, name); err != nil {
				return nil, err
			}
			r.Note = joinNotes(r.Note, note)
		}
		index = append(index, i)
	}
	return index, nil
}

// splitNames returns the names of classes in a list with commas between them. A label that holds commas itself may be
// written in full.
func splitNames(list string, labels []string) (names []string) {
	if list == "" {
		return nil
	}
	most, whole := 1, map[string]bool{} // parts between commas
	for _, label := range labels {
		if words := spaceWords(label); strings.TrimSpace(words) != "" {
			most, whole[words] = max(most, 1+strings.Count(label, ",")), true
		}
	}
	for parts := strings.Split(list, ","); len(parts) > 0; {
		n := min(most, len(parts))
		for n > 1 && !whole[spaceWords(strings.Join(parts[:n], ","))] {
			n--
		}
		names = append(names, strings.TrimSpace(strings.Join(parts[:n], ",")))
		parts = parts[n:]
	}
	return names
}

// numberAndLabel returns the number of a class, with its label in brackets if it has one.
func (r *ResolvedTarget) numberAndLabel(i int) string {
	if label := LabelOf(r.Labels, i); label != "" {
		return fmt.Sprintf("%d (%s)", i, label)
	}
	return strconv.Itoa(i)
}

// numbered returns a target of a detector with the number of the class that it names, if it names one. The note says
// what was taken for the name.
func (f *Findings) numbered(sc Scene, s Spec) (numbered Spec, note string, err error) {
	if s.Value == "" {
		return s, "", nil
	}
	i, note, err := findLabel(sc, ResolvedTarget{Labels: f.Labels}, s.Value)
	return setIndex(s, i), note, err
}

// matchLabels returns the numbers of the labels that a name may mean, by the first rule that finds any. exact tells
// whether that was the first rule, that the name is the label.
func matchLabels(labels []string, name string) (found []int, exact bool) {
	want := FoldWords(name)
	if want == "" { // every label holds it, but a sign may be a label itself
		for k, label := range labels {
			if sign := strings.TrimSpace(name); sign != "" && strings.TrimSpace(label) == sign {
				found = append(found, k)
			}
		}
		return found, len(found) > 0
	}
	rules := []func(label string) bool{
		func(label string) bool {
			return FoldWords(label) == want || slices.ContainsFunc(strings.Split(label, ","),
				func(part string) bool { return FoldWords(part) == want })
		},
		func(label string) bool { return strings.Contains(spaceWords(label), spaceWords(name)) },
		func(label string) bool { return strings.Contains(FoldWords(label), want) },
	}
	for i, rule := range rules {
		for k, label := range labels {
			if rule(label) {
				found = append(found, k)
			}
		}
		if len(found) > 0 {
			return found, i == 0
		}
	}
	return nil, false
}

// FoldWords returns a text in lower case, with single spaces in place of spaces, dashes and underscores.
func FoldWords(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || r == '-' || r == '_'
	}), " ")
}

// spaceWords returns a text's words in lower case, with one space before and after each.
func spaceWords(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
	return " " + strings.Join(words, " ") + " "
}

// likeliest sorts elements by the mean of their softmax probabilities over the pictures, the likeliest first. It
// returns nil for a detector or a segmentation, of which no class is likelier than another.
func likeliest(sc Scene, r ResolvedTarget, found []int) ([]int, error) {
	if len(r.Tensors) == 0 {
		return nil, nil
	}
	dims, values, err := sc.Values(r.Tensors[0], nil)
	if err != nil {
		return nil, err
	}
	if len(dims) != 2 {
		return nil, nil
	}
	mean := make([]float64, dims[1])
	for row := range slices.Chunk(values, dims[1]) {
		top, sum := float64(slices.Max(row)), 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - top)
		}
		for i, v := range row {
			mean[i] += math.Exp(float64(v)-top) / sum
		}
	}
	return slices.SortedStableFunc(slices.Values(found), func(a, b int) int { return cmp.Compare(mean[b], mean[a]) }), nil
}
