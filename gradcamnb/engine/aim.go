package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// aim is one target of a plan.
type aim struct {
	kind    target.Kind
	tensors []string  // of the model that are read
	shape   []int     // of the first of them
	rank    int       // from 1, of the class that the program picks where no index is given; 0 where it picks none
	index   []int32   // nil where the program picks the class
	beside  []float32 // [batch, ...] as the kind's Beside has it; nil where it has none
	words   string    // "class 285" without its number
	whole   bool      // the words say everything: there is no number to add
	key     string    // of a function's target, which no other program may be taken for

	fn ScoreFn // in place of the kind's score; nil where that serves

	box *boxed // where a detection is explained, instead of the rest
}

// tensor is the first tensor that is read.
func (a aim) tensor() string { return a.tensors[0] }

// besideDims is the shape of what the aim takes beside the index, of a batch.
func (a aim) besideDims(batch int) []int {
	return append([]int{batch}, a.kind.Beside(a.shape)...)
}

// aiming makes aims of targets.
type aiming struct {
	model  source.Model
	layers []source.Layer
	batch  int
	seen   *detected // for targets that are detections
	look   look
}

// look runs the model and gives a tensor's values; similar has it for a second picture,
// in a batch of one. Targets that depend on what the model finds are settled so.
type look func(tensor string, second gradcamnb.Target) (dims []int, values []float32, err error)

// aims makes the aims of a target: one, but for those that stand for several.
func (s aiming) aims(t gradcamnb.Target) ([]aim, error) {
	if boxes(t) {
		a, err := newBoxAim(t, s.seen)
		return []aim{a}, err
	}
	switch t.Kind {
	case "tags above":
		return s.tagsAbove(t)
	case "attribute":
		index, err := s.valueIndex(t)
		if err != nil {
			return nil, err
		}
		t = gradcamnb.Output(t.Name, index)
	case "func":
		a, err := s.function(t)
		return []aim{a}, err
	}
	a, err := s.one(t)
	return []aim{a}, err
}

// kinds says which graph function means a target of the front.
var kinds = map[string]target.Kind{
	"top": target.Element, "class": target.Element, "tag": target.Element, "output": target.Element, "tensor": target.Element,
	"softmax": target.Probability, "finer": target.Finer,
	"binary": target.Weighted, "contrast": target.Weighted, "tags": target.Weighted, "border": target.Weighted,
	"region": target.Region, "part": target.Region,
	"similar": target.Similar,
}

func (s aiming) one(t gradcamnb.Target) (aim, error) {
	kind, ok := kinds[t.Kind]
	if !ok {
		return aim{}, fmt.Errorf("there is no target of the kind %q", t.Kind)
	}
	card := s.model.Card()
	a := aim{kind: kind, tensors: []string{card.Outputs[0]}, words: t.Kind}
	switch {
	case t.Kind == "output":
		if !slices.Contains(card.Outputs, t.Name) {
			return aim{}, fmt.Errorf("the model has no output %q; it has %q", t.Name, card.Outputs)
		}
		a.tensors[0], a.words = t.Name, t.Name
	case t.Name != "":
		a.tensors[0], a.words = t.Name, t.Name
	}
	tensor, err := source.Resolve(s.layers, a.tensor())
	if err != nil {
		return aim{}, err
	}
	a.shape = tensor.Shape
	classes, err := kind.Check(a.shape)
	if err != nil {
		return aim{}, err
	}
	if n := len(card.Labels); n > 0 && n != classes && a.labelled(card) && t.Kind != "similar" {
		return aim{}, fmt.Errorf("the model has %d labels and its output %q has %d classes: one of the two is not this model's", n, a.tensor(), classes)
	}
	switch t.Kind {
	case "similar":
		err := s.embed(&a, t)
		return a, err
	case "binary":
		err := s.binary(&a, t, classes)
		return a, err
	}
	if t.Together() {
		if err := inRange(t.Index, classes, a.tensor()); err != nil {
			return aim{}, err
		}
		err := s.weigh(&a, t)
		return a, err
	}
	if a.index, err = perPicture(t.Index, s.batch); err != nil {
		return aim{}, err
	}
	if t.Kind == "top" {
		a.rank, a.index = int(a.index[0]), nil
		if a.rank < 1 || a.rank > classes {
			return aim{}, fmt.Errorf("ranks go from 1 to the number of classes, %d", classes)
		}
		a.words = fmt.Sprintf("top %d", a.rank)
		return a, nil
	}
	if kind.Name == target.Element.Name {
		a.rank = 1 // so that the best class and any other are one program
	}
	if err := inRange(t.Index, classes, a.tensor()); err != nil {
		return aim{}, err
	}
	if t.Kind == "region" || t.Kind == "part" {
		err := s.mask(&a, t)
		return a, err
	}
	return a, nil
}

func inRange(index []int, classes int, tensor string) error {
	for _, i := range index {
		if i < 0 || i >= classes {
			return fmt.Errorf("there is no class %d: the tensor %q has %s", i, tensor, numbered(classes))
		}
	}
	return nil
}

// numbered says how many classes there are, and their numbers.
func numbered(classes int) string {
	if classes == 1 {
		return "one, whose number is 0"
	}
	return fmt.Sprintf("%d, numbered from 0 to %d", classes, classes-1)
}

// perPicture spreads one index to all pictures, or takes one a picture.
func perPicture(index []int, batch int) ([]int32, error) {
	if len(index) != 1 && len(index) != batch {
		return nil, fmt.Errorf("it names %d indices for %d pictures; name one, or one a picture", len(index), batch)
	}
	out := make([]int32, batch)
	for i := range out {
		out[i] = int32(index[i%len(index)])
	}
	return out, nil
}

// weigh fills in the weights of a contrast, of tags together, or of a border.
func (s aiming) weigh(a *aim, t gradcamnb.Target) error {
	if len(t.Index) == 0 || t.Kind != "tags" && len(t.Index) != 2 {
		return fmt.Errorf("it names %d classes: %s", len(t.Index), map[bool]string{true: "name at least one", false: "name two"}[t.Kind == "tags"])
	}
	if t.Kind != "tags" && t.Index[0] == t.Index[1] {
		return fmt.Errorf("it compares class %d with itself, which is zero for every picture", t.Index[0])
	}
	a.index = slices.Repeat([]int32{int32(t.Index[0])}, s.batch)
	a.whole = true
	if t.Kind == "border" {
		a.words = fmt.Sprintf("border of class %d with class %d", t.Index[0], t.Index[1])
		return s.border(a, t)
	}
	if len(a.shape) != 2 {
		return fmt.Errorf("the output has the shape %v and is no list of classes, [batch, classes]; for a segmentation explain a region or a border", a.shape)
	}
	row := make([]float32, a.shape[1])
	for _, i := range t.Index {
		row[i] = 1
	}
	a.words = fmt.Sprintf("tags %v together", t.Index)
	if t.Kind == "contrast" {
		row[t.Index[1]] = -1
		a.words = fmt.Sprintf("class %d rather than class %d", t.Index[0], t.Index[1])
	}
	a.beside = slices.Repeat(row, s.batch)
	return nil
}

// binary is the weight 1 or -1 of the only logit.
func (s aiming) binary(a *aim, t gradcamnb.Target, logits int) error {
	if logits != 1 || len(a.shape) != 2 {
		return fmt.Errorf("the output has the shape %v, and this target is for models with a single logit, [batch, 1]; explain a class", a.shape)
	}
	var err error
	if a.index, err = perPicture(t.Index, s.batch); err != nil {
		return err
	}
	for _, i := range a.index {
		if i != 0 && i != 1 {
			return fmt.Errorf("there is no class %d: a model with a single logit has the classes 0 and 1", i)
		}
		a.beside = append(a.beside, float32(2*i-1))
	}
	a.words = "class"
	return nil
}

// embed is the embedding of the second picture, for every picture.
func (s aiming) embed(a *aim, t gradcamnb.Target) error {
	if t.Picture == nil {
		return errors.New("it names no second picture")
	}
	_, e, err := s.look(a.tensor(), t)
	if err != nil {
		return err
	}
	a.index = make([]int32, s.batch)
	a.beside = slices.Repeat(e, s.batch)
	a.words, a.whole = "likeness to the second picture", true
	return nil
}

// tagsAbove is an aim for every tag that is above the threshold in any picture.
func (s aiming) tagsAbove(t gradcamnb.Target) ([]aim, error) {
	dims, values, err := s.look(s.model.Card().Outputs[0], gradcamnb.Target{})
	if err != nil {
		return nil, err
	}
	if len(dims) != 2 {
		return nil, fmt.Errorf("the output has the shape %v and is no list of tags, [batch, tags]", dims)
	}
	found := map[int]bool{}
	var best heatmap.Prediction
	for i := range dims[0] {
		r := heatmap.Result{Scores: row(values, i, dims[0])}
		for _, p := range r.Tags(-1) { // all, the most probable first
			if p.Probability > t.Threshold {
				found[p.Index] = true
			}
			if p.Probability > best.Probability {
				best = p
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no tag is above %g: the most probable one is tag %d with %.3g; lower the threshold", t.Threshold, best.Index, best.Probability)
	}
	var out []aim
	for i := range dims[1] {
		if found[i] {
			a, err := s.one(gradcamnb.Tag(i))
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// valueIndex is the number of an attribute's value.
func (s aiming) valueIndex(t gradcamnb.Target) (int, error) {
	card := s.model.Card()
	if !slices.Contains(card.Outputs, t.Name) {
		return 0, fmt.Errorf("the model has no head %q; it has %q", t.Name, card.Outputs)
	}
	values := card.HeadLabels[t.Name]
	if values == nil && t.Name == card.Outputs[0] {
		values = card.Labels
	}
	if values == nil {
		return 0, fmt.Errorf("nothing names the values of the head %q: put them into the sidecar or the card, or give the number, output:%s:0", t.Name, t.Name)
	}
	i := slices.Index(values, t.Value)
	if i < 0 {
		return 0, fmt.Errorf("the head %q has no value %q; it has %q", t.Name, t.Value, values)
	}
	return i, nil
}
