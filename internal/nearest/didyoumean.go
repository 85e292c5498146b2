package nearest

import (
	"slices"
	"strconv"
	"strings"
)

// DidYouMean returns ", did you mean "x" or "y"?" with the names that may have been meant, the nearest first; empty if
// there is none. A name may have been meant if it contains the written one, or if no more than a third of its letters
// differ. Case, spaces, dashes and underscores do not count.
func DidYouMean(written string, names []string) string {
	const most = 3
	w := Fold(written)
	near := slices.DeleteFunc(Names(names, written, len(names)), func(name string) bool {
		f := Fold(name)
		return w == "" || len(w) > longest || !strings.Contains(f, w) && edits(w, f) > max(1, (len(w)+1)/3)
	})
	near = near[:min(most, len(near))]
	for i, name := range near {
		near[i] = strconv.Quote(name)
	}
	switch n := len(near); n {
	case 0:
		return ""
	case 1:
		return ", did you mean " + near[0] + "?"
	default:
		return ", did you mean " + strings.Join(near[:n-1], ", ") + " or " + near[n-1] + "?"
	}
}

// IsList tells whether a text is a list of names with commas between them, such as "layer3,layer4", while one name was
// wanted. Case, spaces, dashes and underscores do not count.
func IsList(written string, names []string) bool {
	if !strings.Contains(written, ",") || len(written) > longest {
		return false
	}
	known := map[string]bool{}
	for _, name := range names {
		known[Fold(name)] = true
	}
	for part := range strings.SplitSeq(written, ",") {
		if !known[Fold(part)] {
			return false
		}
	}
	return true
}

// Fold returns a name without what does not matter when a person writes it: case, spaces, dashes and underscores.
func Fold(name string) string { return separators.Replace(strings.ToLower(name)) }

var separators = strings.NewReplacer(" ", "", "-", "", "_", "")
