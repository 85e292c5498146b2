package walk

import (
	"math"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// What is cut off, added or joined is carried along. All shares are worked by hand: 8 of 32 are a quarter, and 4 of the
// 16 that are left an eighth.
func TestMargins(t *testing.T) {
	rows := plainAxis(height, 32)
	half, upper, lower, edge := rows.crop(8, 8, 16), rows.crop(0, 16, 16), rows.crop(16, 0, 16), rows.crop(0, 30, 2)
	quarters := [2]float64{0.25, 0.25}
	same := places.Window{Stride: 1, Length: 3, Pad: 1}
	grown := rows.slide(36, places.Window{Stride: 1, Length: 5, Pad: 4})
	for name, c := range map[string]struct {
		got          axis
		size         int
		lost, beyond [2]float64
		moved        bool
	}{
		"the middle half":            {got: half, size: 16, lost: quarters, beyond: quarters},
		"the middle half of that":    {got: half.crop(4, 4, 8), size: 8, lost: [2]float64{0.375, 0.375}, beyond: [2]float64{0.375, 0.375}},
		"that, every second":         {got: half.resize(8), size: 8, lost: quarters, beyond: quarters},
		"one cell at an end":         {got: rows.crop(0, 1, 31), size: 31, lost: [2]float64{0, 1. / 32}, beyond: [2]float64{0, 1. / 32}},
		"one behind windows":         {got: rows.slide(32, same).crop(0, 1, 31), size: 31, lost: [2]float64{0, 1. / 32}},
		"two of four behind windows": {got: plainAxis(height, 4).slide(4, same).crop(1, 1, 2), size: 2, lost: quarters, beyond: quarters},
		"padded and cut again":       {got: rows.crop(-4, -4, 40).crop(4, 4, 32), size: 32},
		"padded, then windows":       {got: rows.crop(-3, -3, 38).slide(16, places.Window{Stride: 2, Length: 7}), size: 16},
		"windows that add 4":         {got: grown, size: 36, lost: [2]float64{-2. / 32, -2. / 32}, beyond: [2]float64{-2. / 32, -2. / 32}},
		"of these, 2 at each end":    {got: grown.crop(2, 2, 32), size: 32},
		"of these, 4 at the end":     {got: grown.crop(0, 4, 32), size: 32},
		"of these, 8 at the ends":    {got: grown.crop(2, 6, 28), size: 28, lost: [2]float64{0, 4. / 32}, beyond: [2]float64{0, 4. / 32}},
		"half steps that add 2":      {got: rows.spread(66, 2).crop(1, 1, 64), size: 64},
		"windows that add none":      {got: rows.slide(28, places.Window{Stride: 1, Length: 5}), size: 28},
		"of these, a quarter":        {got: rows.slide(28, places.Window{Stride: 1, Length: 5}).crop(7, 0, 21), size: 21, lost: [2]float64{0.25, 0}, beyond: [2]float64{0.25, 0}},
		"a patch's rows together":    {got: axis{half[0], {kind: heightWithin, size: 2}}.resize(16), size: 16, lost: quarters, beyond: quarters},
		"mirrored":                   {got: upper.move().resize(8), size: 8, lost: [2]float64{0, 0.5}, beyond: [2]float64{0, 0.5}, moved: true},
		"a part made to fit":         {got: plainAxis(height, 16).align(half), size: 16, lost: quarters, beyond: quarters},
		"what it is made to fit":     {got: half.align(plainAxis(height, 16)), size: 16, lost: quarters, beyond: quarters},
		"halves on each other":       {got: upper.align(lower), size: 16, lost: [2]float64{0, 0.5}, beyond: [2]float64{0, 0.5}, moved: true},
		"halves in their order":      {got: upper.append(lower), size: 32},
		"halves swapped":             {got: lower.append(upper), size: 32, lost: [2]float64{0.5, 0}, beyond: [2]float64{0.5, 0}, moved: true},
		"the edge repeated before":   {got: edge.append(rows), size: 34, lost: [2]float64{-2. / 32, 0}, beyond: [2]float64{-2. / 32, 0}},
		"the edge mirrored before":   {got: edge.move().append(rows), size: 34, lost: [2]float64{-2. / 32, 0}, beyond: [2]float64{-2. / 32, 0}},
		"the edge carried behind":    {got: rows.crop(2, 0, 30).append(edge), size: 32, lost: [2]float64{2. / 32, 0}, beyond: [2]float64{2. / 32, 0}, moved: true},
		"two maps, nothing cut":      {got: rows.append(rows), size: 64},
	} {
		lost, beyond := c.got.lost(), c.got.beyond()
		for i := range 2 {
			if !(math.Abs(lost[i]-c.lost[i])+math.Abs(beyond[i]-c.beyond[i]) <= 1e-12) || c.got.size() != c.size ||
				c.got.isMoved() != c.moved {
				t.Errorf("%s: %d rows, lost %v, beyond %v, moved %t; want %+v", name, c.got.size(), lost, beyond, c.got.isMoved(), c)
				break
			}
		}
	}
}

// A class token neither hides nor loses that the cells behind it have moved, or how many were cut off.
func TestMarginsOfTokens(t *testing.T) {
	cells := axis{plainAxis(height, 16).crop(4, 4, 8)[0], {kind: width, size: 4}}
	tokens := sequenceAxis(cells, 1, 0).move()
	if !tokens.isMoved() || !tokens.cut(1, 33, 32).isMoved() || sequenceAxis(cells, 1, 0).isMoved() {
		t.Error("cells that moved are known to have, with a class token and without")
	}
	rows := cells.cut(4, 20, 16) // the second to the fifth of eight rows, of a sixteenth of the picture each
	if rows.gridBeyond()[0] != [2]float64{0.25 + 1./16, 0.25 + 3./16} || rows.size() != 16 {
		t.Errorf("four of eight rows of the middle half are %+v", rows)
	}
	if rows := cells.cut(2, 18, 16); rows.isKnown() {
		t.Errorf("rows that begin in the middle of one are %+v", rows)
	}
}
