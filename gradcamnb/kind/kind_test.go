package kind

import (
	"errors"
	"image"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/fault"
)

// A rank is also read with a colon, as the other kinds' numbers are written.
func TestRankAfterColon(t *testing.T) {
	for _, text := range []string{"top2", "top:2"} {
		s, err := Parse(text)
		if err != nil || s.Kind != "top" || len(s.Index) != 1 || s.Index[0] != 2 {
			t.Errorf("%s is read as %+v, %v", text, s, err)
		}
	}
	if s, err := Parse("top::2"); err == nil {
		t.Errorf("top::2 is read as %+v", s)
	}
}

// Every kind that the command line can write is read back as it was.
func TestTextIsReadBack(t *testing.T) {
	for text, want := range map[string]Spec{
		"top2":                  {Kind: "top", Index: []int{2}},
		"class:285":             {Kind: "class", Index: []int{285}},
		"class:3,5":             {Kind: "class", Index: []int{3, 5}},
		"class:tiger cat":       {Kind: "class", Value: "tiger cat"},
		"class:1,x2":            {Kind: "class", Value: "1,x2"},
		"class:tabby, tabby":    {Kind: "class", Value: "tabby, tabby"},
		"softmax:1":             {Kind: "softmax", Index: []int{1}},
		"binary:0":              {Kind: "binary", Index: []int{0}},
		"contrast:285,282":      {Kind: "contrast", Index: []int{285, 282}},
		"contrast:tabby,282":    {Kind: "contrast", Value: "tabby,282"},
		"tags:beach,sea":        {Kind: "tags", Value: "beach,sea"},
		"border:sky,sea:mean":   {Kind: "border", Value: "sky,sea", Mean: true},
		"box:1,2,3,4:cat:left":  {Kind: "box", Box: heatmap.Box{1, 2, 3, 4}, Value: "cat", Edge: "left"},
		"finer:7":               {Kind: "finer", Index: []int{7}},
		"tag:4":                 {Kind: "tag", Index: []int{4}},
		"tag:beach":             {Kind: "tag", Value: "beach"},
		"tags:1,4":              {Kind: "tags", Index: []int{1, 4}},
		"tags>0.5":              {Kind: "tags above", Threshold: 0.5},
		"attribute:colour:red":  {Kind: "attribute", Name: "colour", Value: "red"},
		"output:a:b:3":          {Kind: "output", Name: "a:b", Index: []int{3}},
		"tensor:/head/Gemm:1,2": {Kind: "tensor", Name: "/head/Gemm", Index: []int{1, 2}},
		"region:7":              {Kind: "region", Index: []int{7}},
		"region:person:mean":    {Kind: "region", Value: "person", Mean: true},
		"part:7:3,4:mean":       {Kind: "part", Index: []int{7}, Point: image.Pt(3, 4), Mean: true},
		"border:1,2:mean":       {Kind: "border", Index: []int{1, 2}, Mean: true},
		"detection:2:left":      {Kind: "detection", Index: []int{2}, Edge: "left"},
		"detections":            {Kind: "detections"},
		"detections:8":          {Kind: "detections", Index: []int{8}},
		"detections:8:boxes":    {Kind: "detections", Index: []int{8}, Value: "boxes"},
		"detections:boxes":      {Kind: "detections", Value: "boxes"},
		"instance:1":            {Kind: "instance", Index: []int{1}},
		"box:1,2.5,30,40:5:top": {Kind: "box", Box: heatmap.Box{1, 2.5, 30, 40}, Index: []int{5}, Edge: "top"},
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v, %v; want %+v", text, got, err, want)
		}
		if back := want.String(); back != text {
			t.Errorf("%+v is written as %q, want %q", want, back, text)
		}
	}
	for _, k := range All() {
		if (k.Read == nil) != (len(k.Forms) == 0) {
			t.Errorf("the kind %s has %d forms, and whether it can be read is %t", k.Name, len(k.Forms), k.Read != nil)
		}
	}
}

// A text that is no target says what to write; a file that is not there is no error of the text.
func TestTextErrors(t *testing.T) {
	for text, want := range map[string]string{
		"voodoo":      `there is no target "voodoo": a class is written "class:voodoo"; targets begin with attribute:, `,
		"281":         `a class is written "class:281"`,
		"label:cat":   `a class is written "class:cat"`,
		"binary:cat":  `"cat" is no number, and this target takes no names`,
		"output:a:b":  `"b" is no number, and this target takes no names; attribute:a:b takes the name of a value`,
		"clas:3":      `there is no target "clas:3", did you mean "class:"`,
		"class:1,2.5": "\"2.5\" is no number\n", // it takes names
		"top0":        "from 1",
		"attribute:a": "HEAD:VALUE",
		"output:3":    "NAME:INDEX",
		"part:1":      "CLASS:X,Y",
		"box:1,2,3:4": "X0,Y0,X1,Y1",
		"tags>many":   "no number",
		"class:":      `write "class:285" or "class:tiger cat"`,
		"tags:":       `write "tags:1,4"`,
		"tags>":       `write "tags>0.5"`,
		"top":         `write "top1, top2, ..."`,
		"class:3,":    `a number is missing in "3,"`,
	} {
		_, err := Parse(text)
		if !errors.Is(err, ErrText) || !strings.Contains(err.Error()+"\n", want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, k := range All() {
		if _, err := Parse(k.prefix()); k.Read != nil && err != nil && !strings.Contains(err.Error(), k.Forms[0].Text) {
			t.Errorf("%s alone: %v", k.prefix(), err)
		}
	}
	if _, err := Parse("similar:no.png"); errors.Is(err, ErrText) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a picture that is missing: %v", err)
	}
}

// Another element stays within its own head, and has that head's names; a target that has none
// says so.
func TestAt(t *testing.T) {
	outputs := Outputs{{"shape", []string{"disc", "star"}}, {"colour", []string{"red", "green"}}}
	for text, want := range map[string]string{
		"attribute:colour:red": "output:colour:1", "output:colour:0": "output:colour:1", "class:star": "class:1",
		"top1":  "class:1",
		"tag:0": "tag:1", "tags>0.5": "tag:1", "region:0:mean": "region:1:mean", "softmax:0": "softmax:1",
		"finer:0":          "finer:1",
		"detection:3:left": "detection:1:left", "instance:2": "instance:1", "detections:boxes": "detection:1",
		"sides:2":     "sides:1",
		"tensor:/x:0": "tensor:/x:1", "box:1,2,3,4:0": "box:1,2,3,4:1", "binary:0": "binary:1",
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		other, err := s.WithIndex(1)
		if err != nil || other.String() != want {
			t.Errorf("%s at 1 is %s, %v; want %s", text, other, err, want)
		}
	}
	for _, text := range []string{"contrast:0,1", "part:0:1,1", "border:0,1"} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.WithIndex(1); err == nil || s.Elements(outputs) != nil {
			t.Errorf("%s has other elements: %v", text, err)
		}
	}
	above := Spec{Kind: "tags above", Name: "colour", Threshold: 0.5}
	green := Spec{Kind: "tag", Name: "colour", Index: []int{1}}
	if got, err := above.WithIndex(1); err != nil || !reflect.DeepEqual(got, green) {
		t.Errorf("tags of the colour at 1 are %+v, %v", got, err)
	}
	if got := (Spec{Kind: "attribute", Name: "colour"}).Elements(outputs); !reflect.DeepEqual(got,
		[]string{"red", "green"}) {
		t.Errorf("the elements of the colour are %q", got)
	}
	if got := (Spec{Kind: "class"}).Elements(outputs); !reflect.DeepEqual(got, []string{"disc", "star"}) {
		t.Errorf("the classes are %q", got)
	}
}

// scene is a model with one output of given scores, for one picture.
type scene struct {
	labels []string
	scores []float32
	found  *Findings
}

func (s scene) Outputs() Outputs { return Outputs{{"logits", s.labels}} }
func (s scene) Batch() int       { return 1 }
func (s scene) Tensor(name, _ string, _ TensorReading) (Tensor, error) {
	return Tensor{Name: name, Shape: []int{1, len(s.scores)}, Elements: len(s.scores)}, nil
}
func (s scene) Values(string, image.Image) ([]int, []float32, error) {
	return []int{1, len(s.scores)}, s.scores, nil
}
func (s scene) Findings() *Findings { return s.found }

// A class is found by its name: the exact label first, then whole words, then any part, and of
// several the likeliest; what was taken is said.
func TestClassByName(t *testing.T) {
	sc := scene{
		labels: []string{"tabby, tabby cat", "tiger cat", "Siamese_cat", "catamaran", "tiger", "crane", "crane", "dog"},
		scores: []float32{1, 3, 2, 9, 0, 4, 5, -1},
	}
	for name, want := range map[string]struct {
		index int32
		note  string
	}{
		"tiger cat":   {1, ""},
		"TIGER-CAT":   {1, ""},
		"tabby":       {0, ""}, // one of several names of a label
		"tiger":       {4, ""}, // exact, though "tiger cat" is likelier
		"siamese cat": {2, ""},
		// not the catamaran
		"cat":   {1, `"cat" was taken for tiger cat (1), the likeliest of several; others are Siamese_cat (2), tabby, tabby cat (0)`},
		"crane": {6, `"crane" was taken for crane (6), the likeliest of several; others are crane (5)`},
		"catam": {3, `"catam" was taken for catamaran (3)`},
	} {
		got, err := Class.Resolve(sc, Spec{Kind: "class", Value: name})
		if err != nil || got[0].Index[0] != want.index || !strings.HasPrefix(got[0].Note, want.note) ||
			(want.note == "") != (got[0].Note == "") {
			t.Errorf("%s is %+v, %v; want class %d, note %q", name, got, err, want.index, want.note)
		}
	}
	const parts = "one for each of its parts: ask for each by itself"
	for name, want := range map[string]string{
		"tigre cat": `the nearest labels are "tiger cat"`,
		"tiger,dog": parts, "tiger" + strings.Repeat(",dog", 19): parts,
		// of more parts only the whole is looked up
		"tiger" + strings.Repeat(",dog", 20): "the nearest labels are",
		// a name without a letter is a label only if one is written so
		"-": "the nearest labels are", "_": "the nearest labels are",
	} {
		if _, err := Class.Resolve(sc, Spec{Kind: "class", Value: name}); !errors.Is(err, fault.ErrNoClass) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	sc.labels = nil
	if _, err := Class.Resolve(sc, Spec{Kind: "class", Value: "cat"}); !errors.Is(err, fault.ErrNoClass) ||
		!strings.Contains(err.Error(), "sidecar") {
		t.Errorf("without labels: %v", err)
	}
	sc.labels = []string{"a", "b"}
	if _, err := Class.Resolve(sc, Spec{Kind: "class", Index: []int{1}}); err == nil ||
		!strings.Contains(err.Error(), "give 8 labels") {
		t.Errorf("two labels for eight classes: %v", err)
	}
}

// A target of several classes takes numbers and names with commas between them, also names that hold commas. What was
// taken for a name is said, and the words of the target have numbers and labels.
func TestSeveralByName(t *testing.T) {
	sc := scene{
		labels: []string{"tabby, tabby cat", "tiger cat", "dog", "catamaran"},
		scores: []float32{1, 3, 2, 9},
	}
	const tabbyTiger = "class 0 (tabby, tabby cat) rather than class 1 (tiger cat)"
	for text, want := range map[string]struct {
		argument    []float32
		words, note string
	}{
		"contrast:0,1":                        {[]float32{1, -1, 0, 0}, tabbyTiger, ""},
		"contrast:tabby,tiger cat":            {[]float32{1, -1, 0, 0}, tabbyTiger, ""},
		"contrast:tabby, tabby cat,tiger cat": {[]float32{1, -1, 0, 0}, tabbyTiger, ""},
		"contrast:0, Tiger-Cat":               {[]float32{1, -1, 0, 0}, tabbyTiger, ""},
		"contrast:dog,cata": {[]float32{0, 0, 1, -1}, "class 2 (dog) rather than class 3 (catamaran)",
			`"cata" was taken for catamaran (3)`},
		"tags:dog,tabby": {[]float32{1, 0, 1, 0}, "tags 2 (dog), 0 (tabby, tabby cat) together", ""},
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		k, err := Lookup(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Resolve(sc, s)
		if err != nil || !reflect.DeepEqual(got[0].Argument, want.argument) || got[0].Words != want.words ||
			got[0].Note != want.note {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for value, want := range map[string]string{
		strings.Repeat(",", 10_000): `there is no class ""; the nearest labels are`, // in no time
		"tabby,tigre cat":           `there is no class "tigre cat"; the nearest labels are "tiger cat"`,
		"tabby":                     "it compares two classes, and names 1",
		"dog,2":                     "compares class 2 with itself",
		"dog,9":                     "no class 9",
	} {
		if _, err := Contrast.Resolve(sc, Spec{Kind: "contrast", Value: value}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("contrast:%.40s: %v, want %q", value, err, want)
		}
	}
	// Labels that are given one by one are labels, whatever they look like.
	sc.labels = []string{"20", "10", "tabby, tabby cat", "tabby"}
	for _, c := range []struct {
		values []string
		want   []float32
	}{{[]string{"10", "20"}, []float32{-1, 1, 0, 0}}, {[]string{"tabby, tabby cat", "10"}, []float32{0, -1, 1, 0}}} {
		got, err := Contrast.Resolve(sc, Spec{Kind: "contrast", Values: c.values})
		if err != nil || !reflect.DeepEqual(got[0].Argument, c.want) {
			t.Errorf("the contrast of %q is %+v, %v; want %v", c.values, got, err, c.want)
		}
	}
	same := Spec{Kind: "contrast", Values: []string{"tabby, tabby cat", "tabby cat"}}
	if _, err := Contrast.Resolve(sc, same); err == nil || !strings.Contains(err.Error(), "compares class 2 with itself") {
		t.Errorf("two names of one label: %v", err)
	}
}

// A box of the user's is a detection of its class that the model need not find.
func TestDrawnBox(t *testing.T) {
	frame := imgio.Frame{PictureW: 100, PictureH: 50, ModelW: 100, ModelH: 50, ScaleX: 1, ScaleY: 1}
	sc := scene{found: &Findings{Detections: [][]heatmap.Detection{nil}, Best: []float32{0.2}, Threshold: 0.5,
		Labels: []string{"cat", "dog"}, Classes: 2, Frames: []imgio.Frame{frame}}}
	got, err := Box.Resolve(sc, Spec{Kind: "box", Box: heatmap.Box{10, 20, 30, 40}, Index: []int{1}})
	if err != nil || got[0].Detections[0].Label != "dog" || got[0].Words != "box at (10, 20)-(30, 40)" {
		t.Errorf("the box is %+v, %v", got, err)
	}
	got, err = Box.Resolve(sc, Spec{Kind: "box", Box: heatmap.Box{10, 20, 30, 40}, Value: "DOG"})
	if err != nil || got[0].Detections[0].Class != 1 || got[0].Note != "" {
		t.Errorf("the box of a dog is %+v, %v", got, err)
	}
	sc.found.Labels = []string{"cat toy", "cat bed"}
	got, err = Box.Resolve(sc, Spec{Kind: "box", Box: heatmap.Box{10, 20, 30, 40}, Value: "cat"})
	if want := `"cat" was taken for cat toy (0), the first of several; others are cat bed (1)`; err != nil || got[0].Note != want {
		t.Errorf("the box of one of two cats is %+v, %v; want %q", got, err, want)
	}
	sc.found.Labels = []string{"cat", "dog"}
	if _, err := Box.Resolve(sc, Spec{Kind: "box", Box: heatmap.Box{10, 20, 30, 40}, Value: "bird"}); !errors.Is(err,
		fault.ErrNoClass) || !strings.Contains(err.Error(), `the nearest labels are "cat", "dog"`) {
		t.Errorf("a class by a name that is not there: %v", err)
	}
	if _, err := Box.Resolve(sc, Spec{Kind: "box", Box: heatmap.Box{10, 20, 130, 40}, Index: []int{1}}); err == nil ||
		!strings.Contains(err.Error(), "does not lie in the picture") {
		t.Errorf("a box outside: %v", err)
	}
	if _, err := Box.Resolve(sc, Spec{Kind: "box", Box: heatmap.Box{10, 20, 30, 40}, Index: []int{2}}); !errors.Is(err,
		fault.ErrNoClass) {
		t.Errorf("a class that is not there: %v", err)
	}
	if _, err := Detection.Resolve(sc, Spec{Kind: "detection", Index: []int{1}}); err == nil ||
		!strings.Contains(err.Error(), "confidence of 0.2 and the threshold is 0.5") {
		t.Errorf("nothing is found: %v", err)
	}
	if _, err := Detection.Resolve(sc, Spec{Kind: "detection", Index: []int{1}, Edge: "botom"}); !errors.Is(err,
		fault.ErrUnknownName) || !strings.Contains(err.Error(), `did you mean "bottom"?`) {
		t.Errorf("a side that is not there: %v", err)
	}
}

// A name without a letter is that of the same sign alone, though every label holds it.
func TestNameWithoutLetters(t *testing.T) {
	for name, want := range map[string][]int{"Cat": {1}, "a": {1}, "_": nil, "-": {2}, " ": nil} {
		if got, _ := matchLabels([]string{"dog", "a cat", "-", ""}, name); !slices.Equal(got, want) {
			t.Errorf("%q is taken for the labels %v, want %v", name, got, want)
		}
	}
}
