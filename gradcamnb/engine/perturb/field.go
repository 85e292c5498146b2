package perturb

// field is what masks cover, a picture or a volume whose slices lie one below another, with the number of cells.
type field struct {
	slices, height, width int // height counts the rows of all slices; a picture is one slice
	grid                  int // cells along a side
}

func newField(s *Subject, grid int) field {
	height, width := s.Size()
	return field{slices: max(1, s.Slices()), height: height, width: width, grid: grid}
}

// layers returns the number of cells across the slices: grid, or one for each slice if there are fewer slices.
func (f field) layers() int { return min(f.grid, f.slices) }

// rows returns the number of rows of one slice.
func (f field) rows() int { return f.height / f.slices }

// cells returns the number of all cells.
func (f field) cells() int { return f.layers() * f.grid * f.grid }
