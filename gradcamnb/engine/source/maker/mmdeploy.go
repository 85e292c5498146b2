package maker

import (
	"encoding/json"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// MMDeploy reads pipeline.json, which MMDeploy writes next to a model: the steps that prepare a picture. The outputs of
// a detector are dets [batch, n, 5] and labels [batch, n], and perhaps masks [batch, n, h, w].
//
// MMDeploy 1.3.1, mmdeploy/backend/sdk/export_info.py (get_preprocess).
var MMDeploy = register(Maker{Name: "MMDeploy", Place: InNeighbour, Tell: func(f File) (*Metadata, error) {
	_, dets := f.output("dets")
	_, labels := f.output("labels")
	data := f.ReadNeighbour("pipeline.json")
	if data == nil {
		return nil, nil
	}
	p, err := mmPrep(data)
	if err != nil {
		return nil, fmt.Errorf("pipeline.json: %w", err)
	}
	t := &Metadata{By: "as MMDeploy's pipeline.json beside it says"}
	if h, w := f.size(); h > 0 && w > 0 {
		p.Height, p.Width = h, w
		if p.Fit == imgio.Edges {
			p.Fit, p.Resize, p.Longest = imgio.Stretch, 0, 0
			p.Stride, p.ZeroBars, p.RoundSides = 0, false, false
		}
	}
	t.Prep = &p
	if dets && labels {
		t.Detector = &detect.Spec{Decoder: "dets-labels", Outputs: []string{"dets", "labels"}}
		if masks, ok := f.output("masks"); ok && len(masks.Dims) == 4 {
			t.Detector = &detect.Spec{Decoder: "dets-labels-masks", Outputs: []string{"dets", "labels", "masks"}}
		}
	}
	return t, nil
}})

// mmStep is a step of the preprocessing. Sizes are [height, width].
type mmStep struct {
	Type      string          `json:"type"`
	Size      json.RawMessage `json:"size"`
	KeepRatio bool            `json:"keep_ratio"`
	Mean      []float32       `json:"mean"`
	Std       []float32       `json:"std"`
	ToRGB     *bool           `json:"to_rgb"`
	PadVal    json.RawMessage `json:"pad_val"`
	Divisor   int             `json:"size_divisor"`
}

// mmPrep returns the preprocessing that the steps of pipeline.json amount to.
func mmPrep(data []byte) (imgio.Prep, error) {
	var c struct {
		Pipeline struct {
			Tasks []struct {
				Module     string   `json:"module"`
				Transforms []mmStep `json:"transforms"`
			} `json:"tasks"`
		} `json:"pipeline"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return imgio.Prep{}, fmt.Errorf("it is not as it should be: %w", err)
	}
	p := imgio.Prep{Filter: imgio.CV2, Scale: each(1), Order: "RGB"}
	for _, task := range c.Pipeline.Tasks {
		if task.Module != "Transform" {
			continue
		}
		for _, step := range task.Transforms {
			if err := step.onto(&p); err != nil {
				return p, err
			}
		}
	}
	if p.Fit == "" {
		return p, fmt.Errorf("no step of it resizes the picture")
	}
	return p, nil
}

// onto applies a step to the preprocessing. A step that changes no value of the picture does nothing.
func (s mmStep) onto(p *imgio.Prep) error {
	switch s.Type {
	case "Resize":
		var size [2]int
		if err := json.Unmarshal(s.Size, &size); err != nil {
			return fmt.Errorf("the size %s of its step Resize is not [height, width]", s.Size)
		}
		p.Height, p.Width, p.Fit = size[0], size[1], imgio.Stretch
		if s.KeepRatio { // the shorter side becomes the smaller size, the longer one at most the larger
			*p = imgio.Prep{Fit: imgio.Edges, Resize: min(size[0], size[1]), Longest: max(size[0], size[1]), Filter: p.Filter,
				RoundSides: true, Mean: p.Mean, Scale: p.Scale, Order: p.Order}
		}
	case "Pad":
		return s.pad(p)
	case "Normalize":
		if len(s.Mean) != 3 || len(s.Std) != 3 {
			return fmt.Errorf("its step Normalize has the mean %v and the std %v, which are not three numbers each", s.Mean, s.Std)
		}
		copy(p.Mean[:], s.Mean)
		copy(p.Scale[:], s.Std)
		if p.Order = "BGR"; s.ToRGB == nil || *s.ToRGB {
			p.Order = "RGB"
		}
	case "CenterCrop", "ThreeCrop", "TenCrop":
		return fmt.Errorf("its step %s is not known here", s.Type)
	}
	return nil
}

// pad applies a step that pads pictures which keep their ratio: to a size, or to multiples of a number.
func (s mmStep) pad(p *imgio.Prep) error {
	zero := s.grey() == 0 && (p.Mean != [3]float32{} || p.Scale != each(1)) // behind the normalisation
	switch {
	case p.Fit != imgio.Edges:
	case s.Divisor > 1:
		p.Stride, p.Pad, p.ZeroBars = s.Divisor, s.grey(), zero
	case len(s.Size) > 0:
		var size [2]int
		if err := json.Unmarshal(s.Size, &size); err != nil {
			return fmt.Errorf("the size %s of its step Pad is not [height, width]", s.Size)
		}
		*p = imgio.Prep{Height: size[0], Width: size[1], Fit: imgio.Letterbox, At: imgio.Corner, Pad: s.grey(),
			ZeroBars: zero, Filter: p.Filter, Mean: p.Mean, Scale: p.Scale, Order: p.Order}
	}
	return nil
}

// grey returns the value of the padding, which is written as a number or as {"img": [r, g, b]}.
func (s mmStep) grey() uint8 {
	var one float64
	var named struct {
		Img []float64 `json:"img"`
	}
	switch {
	case json.Unmarshal(s.PadVal, &one) == nil:
		return uint8(one)
	case json.Unmarshal(s.PadVal, &named) == nil && len(named.Img) > 0:
		return uint8(named.Img[0])
	}
	return 0
}
