package perturb

// field is what masks cover, and how finely: a picture, or a volume whose slices lie one below another.
type field struct {
	slices, height, width int // height counts the rows of all slices; a picture is one slice
	grid                  int // cells along a side
}

func newField(s *Subject, grid int) field {
	height, width := s.Size()
	return field{slices: max(1, s.Slices()), height: height, width: width, grid: grid}
}

// layers is the number of cells through the slices: grid, or one for each slice of a volume that has fewer.
func (f field) layers() int { return min(f.grid, f.slices) }

// cells is the number of all cells.
func (f field) cells() int { return f.layers() * f.grid * f.grid }
