// Package nearest finds the names that a misspelt name may mean.
package nearest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Names returns up to n of the names, with those first that take the fewest edits to become the wanted one. Case does
// not matter.
func Names(names []string, wanted string, n int) []string {
	type candidate struct {
		name string
		cost int
	}
	var all []candidate
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			all = append(all, candidate{name, edits(strings.ToLower(wanted), strings.ToLower(name))})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.cost, b.cost) })
	var out []string
	for _, c := range all[:min(n, len(all))] {
		out = append(out, c.name)
	}
	return out
}

// Quote returns names as a quoted list for an error.
func Quote(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}

// longest is the number of bytes of a name that are compared: what is longer is no slip of the pen, and comparing a
// million letters would take seconds.
const longest = 200

// edits returns the Levenshtein distance of two words.
func edits(a, b string) int {
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Shorten returns a name that a stranger may have given, for use in an error. It cuts a long one off.
func Shorten(name string) string {
	if len(name) <= longest {
		return name
	}
	return strings.ToValidUTF8(name[:longest], "") + "..."
}
