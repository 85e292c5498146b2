package places

import "testing"

// Two tensors are added whose cells lie in one order, or in two: then the sum is no map, also if its cells are tokens.
func TestCellsThatMeet(t *testing.T) {
	row, column := cells(Row, 4), cells(Column, 6)
	turned, cut := Axis{column, row}, cells(Row, 4)
	cut.Lost = [2]float64{0.5, 0}
	flat := Axis{row, column}
	tokens := func(before int, core Axis) Axis {
		return Axis{{Kind: Tokens, Size: before + 24, Core: core, Before: before}}
	}
	windows := func(strides ...int) Axis {
		var out Axis
		for _, s := range strides {
			out = append(out, Part{Kind: Row, Size: 2, Stride: s, Extent: 8})
		}
		return out
	}
	for name, c := range map[string]struct {
		a, b Axis
		want bool // there is a map
	}{
		"the same":                          {flat, flat, true},
		"one mirrored":                      {flat, mirror(flat, 24), false},
		"both mirrored":                     {mirror(flat, 24), mirror(flat, 24), true},
		"rows mirrored":                     {flat, Axis{mirror(Axis{row}, 4)[0], column}, false},
		"row by row and column by column":   {flat, turned, false},
		"another part of the picture":       {flat, Axis{cut, column}, false},
		"a class token and none":            {tokens(1, flat), flat, false},
		"tokens":                            {tokens(1, flat), tokens(1, flat), true},
		"tokens, one mirrored":              {tokens(1, flat), tokens(1, mirror(flat, 24)), false},
		"one and two before":                {tokens(1, flat), tokens(2, flat), false},
		"tokens and what says nothing":      {tokens(1, flat), otherAxis(25), true},
		"already moved, and what is not":    {moved(tokens(1, flat)), tokens(1, flat), true},
		"both already moved":                {moved(tokens(1, flat)), moved(tokens(1, flat)), false},
		"pixels shuffled and a map of them": {Axis{row, {Kind: Other, Size: 2}}, Axis{cells(Row, 8)}, true},
	} {
		for _, swapped := range []bool{false, true} {
			if swapped {
				c.a, c.b = c.b, c.a
			}
			got := pickBetter(c.a, c.b)
			_, ok := FindOnOneAxis(got)
			if len(got.core()) < 2 || got[0].Kind == Row && got[len(got)-1].Kind != Column {
				p, whole := got.place()
				ok = whole && !p.Moved
			}
			if ok != c.want {
				t.Errorf("%s: %+v, a map: %v", name, got, ok)
			}
		}
	}
	for name, c := range map[string]struct {
		a, b Axis
		want bool
	}{
		"rows and columns":         {Axis{row}, Axis{cells(Column, 4)}, true},
		"neighbours and far ones":  {windows(1), windows(2), true},
		"blocks":                   {windows(4), windows(4), false},
		"values of two embeddings": {otherAxis(4), otherAxis(4), false},
	} {
		if got := apart(c.a, c.b); got != c.want {
			t.Errorf("%s: apart: %v", name, got)
		}
	}
}
