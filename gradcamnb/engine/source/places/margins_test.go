package places

import (
	"math"
	"strconv"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Shares that were cut off are carried through what follows. All numbers are worked by hand.
func TestLost(t *testing.T) {
	rows := func(n int) Axis { return Axis{cells(Row, n)} }
	near := func(t *testing.T, got Axis, first, last float64) {
		t.Helper()
		if p, ok := got.place(); !ok || !(math.Abs(p.Lost[0]-first)+math.Abs(p.Lost[1]-last) <= 1e-12) {
			t.Errorf("%+v, want the shares %g and %g lost", got, first, last)
		}
	}
	// 8 to 23 of 32: a quarter is lost at each end. The middle half of that, 4 to 11 of 16, loses an eighth more.
	cut := takeEvery(rows(32), 32, 8, 1, 16)
	near(t, cut, 0.25, 0.25)
	near(t, takeEvery(cut, 16, 4, 1, 8), 0.375, 0.375)
	near(t, resizeAxis(cut, 16, 8), 0.25, 0.25)
	// every second of all loses nothing; every second of the first 16 loses the other half
	near(t, takeEvery(rows(32), 32, 1, 2, 16), 0, 0)
	near(t, takeEvery(rows(32), 32, 0, 2, 8), 0, 0.5)

	// 4 added at each end of 32 make 40, and 8 of them are an eighth of the first 32 behind 4 cut at the end
	padded := Axis{cells(Row, 40)}
	padded[0].Lost = rows(32)[0].Lose(-4, -4)
	near(t, padded, -0.125, -0.125)
	near(t, takeEvery(padded, 40, 4, 1, 32), 0, 0)
	near(t, takeEvery(padded, 40, 8, 1, 32), 0.125, -0.125)
}

// A convolution without padding of its own uses up what was added before it, and a causal one adds at its end.
func TestWindowsUseWhatWasAdded(t *testing.T) {
	for name, c := range map[string]struct {
		size            int
		lost            [2]float64
		covered, stride int
		want            [2]float64
	}{
		// 3 added at each end of 32, then 7 x 7 at every second: 16 cells cover 32
		"used up": {38, [2]float64{-3. / 32, -3. / 32}, 32, 2, [2]float64{}},
		// 2 added at each end, then 3 x 3: 34 are left
		"in part": {36, [2]float64{-2. / 32, -2. / 32}, 34, 1, [2]float64{-1. / 32, -1. / 32}},
		// 5 x 5 on what was cut: nothing was added
		"cut":  {16, [2]float64{0.25, 0.25}, 12, 1, [2]float64{0.25, 0.25}},
		"same": {15, [2]float64{}, 16, 2, [2]float64{}},
		// windows of 5 cells with 4 added at each end are 4 more, 2 at each end
		"grown":    {32, [2]float64{}, 36, 1, [2]float64{-2. / 32, -2. / 32}},
		"nothing":  {227, [2]float64{-1. / 224, -2. / 224}, 224, 2, [2]float64{}},
		"rounding": {301, [2]float64{-1. / 299, -1. / 299}, 300, 2, [2]float64{}}, // one of 301 is left over
		"at ends":  {36, [2]float64{0.5, -0.25}, 36, 1, [2]float64{0.5, -0.25}},
		"one side": {40, [2]float64{0, -0.25}, 36, 1, [2]float64{0, -0.125}}, // 8 of 32 were added, and 4 are used
	} {
		p := Part{Kind: Row, Size: c.size, Stride: 1, Extent: c.size, Lost: c.lost}
		got := p.Slide(c.covered/c.stride, Window{Stride: c.stride, Length: 5, Pad: 4}).Lost
		if !(math.Abs(got[0]-c.want[0])+math.Abs(got[1]-c.want[1]) <= 1e-12) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A tensor's cells behind the last of some steps, each of which cuts, pads or reads rows of a picture of 256. By hand.
func TestBeyond(t *testing.T) {
	type step func(p Part) Part
	cut := func(first, last int) step {
		return func(p Part) Part {
			return takeEvery(Axis{p}, p.Size, first, 1, p.Size-first-last)[0]
		}
	}
	pad := func(first, last int) step {
		return func(p Part) Part {
			return p.Crop(-first, -last, p.Size+first+last)
		}
	}
	read := func(n, stride int) step {
		return func(p Part) Part { return p.Slide(n, Window{Stride: stride, Length: stride}) }
	}
	padded := func(n int, w Window) step { return func(p Part) Part { return p.Slide(n, w) } }
	spread := func(n, stride int) step { return func(p Part) Part { return p.Spread(n, stride) } }
	resize := func(n int) step { return func(p Part) Part { return resizeAxis(Axis{p}, p.Size, n)[0] } }
	mirrored := func(p Part) Part { return takeEvery(Axis{p}, p.Size, p.Size-1, -1, p.Size)[0] }
	for name, c := range map[string]struct {
		steps []step
		want  [2]float64
	}{
		// a centre crop of 224, then 32 of the picture's rows a cell: less than half a cell is cut off at each end
		"centre crop":        {[]step{cut(16, 16), read(112, 2), read(7, 16)}, [2]float64{1. / 16, 1. / 16}},
		"letterbox":          {[]step{pad(64, 64), read(96, 4), read(12, 8)}, [2]float64{-0.25, -0.25}},
		"letterbox, cells":   {[]step{pad(16, 16), read(9, 32)}, [2]float64{-1. / 16, -1. / 16}},
		"tf's own pads":      {[]step{pad(0, 1), read(128, 2), pad(0, 1), read(64, 2)}, [2]float64{}},
		"letterbox and tf's": {[]step{pad(64, 64), read(192, 2), pad(0, 1), read(96, 2)}, [2]float64{-0.25, -0.25}},
		// windows of 3 without padding use a cell of what was added at each end
		"valid windows": {[]step{pad(64, 64), read(382, 1)}, [2]float64{-63. / 256, -63. / 256}},
		"trimmed":       {[]step{read(256, 1), cut(1, 1)}, [2]float64{}},
		"crop of a map": {[]step{read(16, 16), cut(4, 4)}, [2]float64{0.25, 0.25}},
		// a causal convolution of 3 cells, 4 apart, with 8 added at each end: 8 more, and the last 8 are cut off
		"causal":                 {[]step{padded(264, Window{1, 9, 8}), cut(0, 8)}, [2]float64{}},
		"causal, a crop before":  {[]step{cut(32, 32), padded(200, Window{1, 9, 8}), cut(0, 8)}, [2]float64{0.125, 0.125}},
		"causal, behind another": {[]step{read(256, 1), padded(264, Window{1, 9, 8}), cut(0, 8)}, [2]float64{}},
		"grown":                  {[]step{read(256, 1), padded(264, Window{1, 9, 8})}, [2]float64{-4. / 256, -4. / 256}},
		"even":                   {[]step{padded(257, Window{1, 2, 1})}, [2]float64{}},
		// a letterbox of 64 rows below within a convolution of 3 x 3 with 1 of its own: 1 above and 65 below
		"letterbox within windows": {[]step{padded(160, Window{2, 3, 1}), read(20, 8)}, [2]float64{0, -0.25}},
		// windows of 4 for every second cell make 2 cells more, one at each end
		"transposed":          {[]step{read(128, 2), spread(258, 2)}, [2]float64{}},
		"transposed, cropped": {[]step{read(8, 32), spread(288, 32), cut(16, 16)}, [2]float64{}},
		"odd, and back":       {[]step{read(86, 3), spread(258, 3), cut(0, 1)}, [2]float64{}},
		// a cell of 16 is cut off behind windows at each end, which does not count; nor does it after the 14 became 56
		"trimmed, enlarged": {[]step{read(16, 16), cut(1, 1), resize(56)}, [2]float64{}},
		"grown, enlarged":   {[]step{read(16, 16), pad(1, 0), resize(68)}, [2]float64{}},
		// two of them do
		"crop, enlarged": {[]step{read(32, 8), cut(2, 2), resize(112)}, [2]float64{1. / 16, 1. / 16}},
		// half a cell of 16, which is 4 of 128 since they were enlarged before
		"enlarged, crop": {[]step{read(16, 16), resize(128), cut(4, 4)}, [2]float64{1. / 32, 1. / 32}},
		// rows 32 to 223, mirrored, without the first 32, which are the last: 32 to 191, or 32 above and 64 below
		"mirrored crop": {[]step{cut(32, 32), mirrored, cut(32, 0)}, [2]float64{0.125, 0.25}},
		"mirrored back": {[]step{cut(32, 0), mirrored, mirrored}, [2]float64{0.125, 0}},
		// 32 added below, mirrored, and the first 16 of them cut off, which are the lowest
		"mirrored pad": {[]step{pad(0, 32), mirrored, cut(16, 0), read(34, 8)}, [2]float64{0, -1. / 16}},
	} {
		p := cells(Row, 256)
		for _, s := range c.steps {
			p = s(p)
		}
		got := p.Beyond()
		if !(math.Abs(got[0]-c.want[0])+math.Abs(got[1]-c.want[1]) <= 1e-12) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Padding that is taken off again leaves nothing at all, not even what float64 rounds off, also if it is one cell.
func TestPaddingTakenOffLeavesNothing(t *testing.T) {
	for _, c := range [][2]int{{224, 3}, {300, 10}, {176, 8}, {224, 1}} {
		size, pad := c[0], c[1]
		all := size + 2*pad
		p := cells(Row, size).Crop(-pad, -pad, all).Slide(all, Window{Stride: 1, Length: 3, Pad: 1}).Crop(pad, pad, size)
		if got := p.Beyond(); got != [2]float64{} {
			t.Errorf("%d cells with %d added and taken off: %v", size, pad, got)
		}
	}
}

// Cells that a table of numbers picks lie where they lay if the numbers go up evenly, or repeat each as often.
func TestPicked(t *testing.T) {
	rows := Axis{cells(Row, 8)}
	for name, c := range map[string]struct {
		index []int
		want  Part
	}{
		"last half":     {[]int{4, 5, 6, -1}, Part{Kind: Row, Size: 4, Piece: true, Lost: [2]float64{0.5, 0}}},
		"every second":  {[]int{1, 3, 5, 7}, Part{Kind: Row, Size: 4, Piece: true}},
		"twice each":    {[]int{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7}, Part{Kind: Row, Size: 16}},
		"mirrored":      {[]int{7, 6, 5, 4, 3, 2, 1, 0}, Part{Kind: Row, Size: 8, Mirrored: true}},
		"mirrored part": {[]int{-2, -3, -4}, Part{Kind: Row, Size: 3, Piece: true, Mirrored: true, Lost: [2]float64{1. / 8, 0.5}}},
		"in disorder":   {[]int{0, 2, 1}, Part{Kind: Row, Size: 3, Moved: true}},
	} {
		got := picked(rows, 8, c.index)
		if len(got) != 1 || got[0].Kind != c.want.Kind || got[0].Size != c.want.Size || got[0].Moved != c.want.Moved ||
			got[0].Piece != c.want.Piece || got[0].Mirrored != c.want.Mirrored || got[0].Lost != c.want.Lost {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// What each operator that takes a part of the picture, or puts its cells elsewhere, makes of 16 x 24 cells, as a
// convolution behind it shows them. Worked by hand.
func TestPartsBehindConvolution(t *testing.T) {
	quarters := [2][2]float64{{0.25, 0.25}, {1. / 3, 1. / 3}}
	ints := func(values ...int) onnxnorm.Tensor { return onnxnorm.Tensor{Constant: true, Ints: values} }
	attribute := func(name string, v int64) *protos.AttributeProto { return &protos.AttributeProto{Name: name, I: v} }
	region := []float32{0, 0, 0.2, 0, 1, 1, 0.8, 1} // rows 3 to 12 of 0 to 15: 3 of 16 are lost at each end
	for name, c := range map[string]struct {
		op    string
		dims  []int // of its output
		given []onnxnorm.Tensor
		attrs []*protos.AttributeProto
		want  [2][2]float64
		gone  bool // there is no map
	}{
		"centre": {op: "CenterCropPad", dims: []int{1, 3, 8, 8}, given: []onnxnorm.Tensor{ints(8, 8)}, want: quarters},
		"odd": {op: "CenterCropPad", dims: []int{1, 3, 11, 24}, given: []onnxnorm.Tensor{ints(11, 24)}, // 2 before, 3 behind
			want: [2][2]float64{{2. / 16, 3. / 16}}},
		"Crop of the first opset": {op: "Crop", dims: []int{1, 3, 8, 8}, attrs: []*protos.AttributeProto{
			{Name: "border", Ints: []int64{8, 4, 8, 4}}}, want: quarters},
		"Crop to a size": {op: "Crop", dims: []int{1, 3, 8, 8}, attrs: []*protos.AttributeProto{
			{Name: "border", Ints: []int64{8, 4, 0, 0}}, {Name: "scale", Ints: []int64{8, 8}}}, want: quarters},
		"largest channels": {op: "TopK", dims: []int{1, 2, 16, 24}, attrs: []*protos.AttributeProto{attribute("axis", 1)}},
		"largest columns":  {op: "TopK", dims: []int{1, 3, 16, 5}, gone: true},
		"negative pads": {op: "Pad", dims: []int{1, 3, 8, 8}, given: []onnxnorm.Tensor{ints(0, 0, -4, -8, 0, 0, -4, -8)},
			want: quarters},
		"pads": {op: "Pad", dims: []int{1, 3, 24, 40}, given: []onnxnorm.Tensor{ints(0, 0, 4, 8, 0, 0, 4, 8)},
			want: [2][2]float64{{-0.25, -0.25}, {-1. / 3, -1. / 3}}},
		"region": {op: "Resize", dims: []int{1, 3, 16, 24}, given: []onnxnorm.Tensor{{Constant: true, Reals: region}},
			attrs: []*protos.AttributeProto{{Name: "coordinate_transformation_mode", S: []byte("tf_crop_and_resize")}},
			want:  [2][2]float64{{3. / 16, 3. / 16}}},
		"resize":           {op: "Resize", dims: []int{1, 3, 8, 12}, given: []onnxnorm.Tensor{{Constant: true, Reals: region}}},
		"in another order": {op: "GatherND", dims: []int{1, 3, 16, 24}, given: []onnxnorm.Tensor{{}}, gone: true},
		"rows in another":  {op: "GatherElements", dims: []int{1, 3, 16, 24}, attrs: []*protos.AttributeProto{attribute("axis", 2)}, gone: true},
		"channels":         {op: "GatherElements", dims: []int{1, 3, 16, 24}, attrs: []*protos.AttributeProto{attribute("axis", 1)}},
		"backwards":        {op: "ReverseSequence", dims: []int{1, 3, 16, 24}, attrs: []*protos.AttributeProto{attribute("time_axis", 3)}, gone: true},
		"some rows":        {op: "Compress", dims: []int{1, 3, 8, 24}, attrs: []*protos.AttributeProto{attribute("axis", -2)}, gone: true},
		"overwritten":      {op: "ScatterND", dims: []int{1, 3, 16, 24}, given: []onnxnorm.Tensor{{}, {}}},
		"rows overwritten": {op: "ScatterElements", dims: []int{1, 3, 16, 24}, given: []onnxnorm.Tensor{{}, {}}, attrs: []*protos.AttributeProto{attribute("axis", 2)}},
		"columns resized": {op: "Resize", dims: []int{1, 3, 16, 24}, given: []onnxnorm.Tensor{{Constant: true, Reals: []float32{0.25, 0.75}}},
			attrs: []*protos.AttributeProto{{Name: "coordinate_transformation_mode", S: []byte("tf_crop_and_resize")},
				{Name: "axes", Ints: []int64{3}}},
			want: [2][2]float64{{}, {0.25 * 23 / 24, 0.25 * 23 / 24}}},
	} {
		g := &onnxnorm.Graph{Input: "x", Given: map[string]onnxnorm.Tensor{"x": {Dims: []int{1, 3, 16, 24}}}}
		part := onnxnorm.Tensor{Name: "part", Op: c.op, Dims: c.dims, Inputs: []string{"x"},
			Made: &protos.NodeProto{OpType: c.op, Attribute: c.attrs}}
		for i, given := range c.given {
			part.Inputs = append(part.Inputs, strconv.Itoa(i))
			g.Given[strconv.Itoa(i)] = given
		}
		dims := append([]int{1, 5}, c.dims[2:]...)
		conv := onnxnorm.Tensor{Name: "conv", Op: "Conv", Dims: dims, Inputs: []string{"part"}, Made: &protos.NodeProto{}}
		g.Tensors = []onnxnorm.Tensor{part, conv}
		f := Find(Trace(g, Source{Input: []int{1, 3, 16, 24}})["conv"], dims, 1, Pictures)
		if f.Places() == c.gone {
			t.Errorf("%s: %+v, want no map: %v", name, f, c.gone)
			continue
		}
		for i := range 2 {
			for k := range 2 {
				if !c.gone && !(math.Abs(f.Beyond[i][k]-c.want[i][k]) <= 1e-6) {
					t.Errorf("%s: %v lie beyond, want %v", name, f.Beyond, c.want)
				}
			}
		}
	}
}

// Slices of a volume, tokens in columns, and windows gathered by a table keep what was cut off and that cells may lie
// elsewhere.
func TestLostEverywhere(t *testing.T) {
	row, column := cells(Row, 8), cells(Column, 4)
	row.Lost, column.Warped = [2]float64{0.25, 0.25}, true
	depth := cells(Depth, 2)
	quarters := [2][2]float64{{0.25, 0.25}}
	for name, axis := range map[string]Axis{"a volume": {depth, row, column}, "row by row": {row, column},
		"column by column": {column, row}} {
		if f, ok := FindOnOneAxis(axis); !ok || f.Beyond != quarters || !f.Warped {
			t.Errorf("%s: %+v", name, f)
		}
	}
	f, ok := findRowsAndColumns([]Axis{{}, {depth, row}, {column}}, []int{1, 16, 4})
	if !ok || f.Beyond != quarters || !f.Warped {
		t.Errorf("the rows of slices: %+v", f)
	}
	for _, got := range windows(Axis{row}, []int{2, 4}, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
		if got[0].Lost != row.Lost {
			t.Errorf("windows: %+v", got)
		}
	}
}

// Cells row by row between a class token and two more, in reverse order: the two come first, and rows and columns are
// mirrored. In reverse order once more they are as before.
func TestMirroredTokens(t *testing.T) {
	row, column := cells(Row, 4), cells(Column, 6)
	row.Lost = [2]float64{0.25, 0}
	a := Axis{{Kind: Tokens, Size: 27, Core: Axis{row, column}, Before: 1, After: 2}}
	want := Position{Cells: [2]int{4, 6}, Before: 1, After: 2, Beyond: [2][2]float64{{0.25, 0}}}
	if f, ok := FindOnOneAxis(takeEvery(takeEvery(a, 27, 26, -1, 27), 27, 26, -1, 27)); !ok || f != want {
		t.Errorf("twice: %+v, want %+v", f, want)
	}
	want.Before, want.After, want.Mirrored = 2, 1, [2]bool{true, true}
	if f, ok := FindOnOneAxis(takeEvery(a, 27, 26, -1, 27)); !ok || f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
}
