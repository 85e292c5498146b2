// Package spelling finds the names that somebody may have meant who wrote another one.
package spelling

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Names are at most n of the names, the nearest first, that are near enough to the written one to be meant: they hold it
// or are within a third of its letters of it. Case, spaces, dashes and underscores do not count.
func Names(written string, names []string, n int) []string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	w := fold(written)
	for _, name := range names {
		f := fold(name)
		far := distance(w, f)
		if w != "" && strings.Contains(f, w) {
			far = min(far, 1)
		}
		if far <= max(1, len([]rune(w))/3) {
			near = append(near, candidate{name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, c := range near[:min(n, len(near))] {
		out = append(out, c.name)
	}
	return out
}

// DidYouMean is ", did you mean "x" or "y"?" for the nearest names, and nothing if none is near.
func DidYouMean(written string, names []string) string {
	near := Names(written, names, 3)
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

func fold(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
}

// distance is how many letters are to be put in, taken out, changed or swapped with the next one to make one word of the
// other (the restricted Damerau-Levenshtein distance).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			same := 1
			if x[i-1] == y[j-1] {
				same = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+same)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
