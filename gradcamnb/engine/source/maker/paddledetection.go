package maker

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// PaddleDetection recognises PaddleDetection's exports by their inputs: the picture; im_shape, its height and width;
// and scale_factor, by what it was scaled down and across. It reads infer_cfg.yml next to the model, which holds the
// steps that prepare a picture and the labels. Both factors are given as 1, so that boxes come in pixels of the model's
// input.
//
// PaddleDetection 2.8, ppdet/engine/export_utils.py and deploy/python/preprocess.py.
var PaddleDetection = register(Maker{Name: "PaddleDetection", Place: InNeighbour, Tell: func(f File) (*Metadata, error) {
	named := func(name string) bool {
		return slices.ContainsFunc(f.Inputs, func(t Tensor) bool { return t.Name == name })
	}
	if f.Inputs[0].Name != "image" || !named("scale_factor") {
		return nil, nil
	}
	t := &Metadata{By: exporterWords("PaddleDetection's exporter")}
	height, width := f.size()
	if data := f.ReadNeighbour("infer_cfg.yml"); data != nil {
		c := paddleConfig{}
		if err := yaml.Unmarshal(data, &c); err != nil {
			return nil, fmt.Errorf("infer_cfg.yml: it is not as it should be: %w", err)
		}
		p, err := c.prep()
		if err != nil {
			return nil, fmt.Errorf("infer_cfg.yml: %w", err)
		}
		t.By, t.Prep, t.Labels = "as PaddleDetection's infer_cfg.yml beside it says", &p, c.Labels
		if height > 0 && width > 0 {
			p.Height, p.Width = height, width
			if p.Fit == imgio.Edges {
				p.Fit, p.Resize, p.Longest = imgio.Stretch, 0, 0
				p.Stride, p.ZeroBars, p.RoundSides = 0, false, false
			}
		}
		height, width = p.Height, p.Width
	}
	t.Inputs = map[string]Value{"scale_factor": {[]int{1, 2}, []float32{1, 1}}}
	if named("im_shape") && height > 0 && width > 0 {
		t.Inputs["im_shape"] = Value{[]int{1, 2}, []float32{float32(height), float32(width)}}
	}
	return t, nil
}})

// paddleConfig is the content of infer_cfg.yml.
type paddleConfig struct {
	Steps  []paddleStep `yaml:"Preprocess"`
	Labels []string     `yaml:"label_list"`
}

// paddleStep is a step of the preprocessing. Sizes are [height, width].
type paddleStep struct {
	Type      string    `yaml:"type"`
	Size      []int     `yaml:"target_size"`
	KeepRatio bool      `yaml:"keep_ratio"`
	Interp    *int      `yaml:"interp"` // OpenCV's number for the filter
	Mean      []float32 `yaml:"mean"`
	Std       []float32 `yaml:"std"`
	IsScale   *bool     `yaml:"is_scale"`
	NormType  string    `yaml:"norm_type"`
	Stride    int       `yaml:"stride"`
}

// prep returns the preprocessing that the steps amount to. PaddleDetection's pictures are RGB.
func (c paddleConfig) prep() (imgio.Prep, error) {
	p := imgio.Prep{Filter: imgio.CV2, Scale: each(1), Order: "RGB"}
	for _, s := range c.Steps {
		switch s.Type {
		case "Resize", "LetterBoxResize":
			if err := s.resize(&p); err != nil {
				return p, err
			}
		case "NormalizeImage":
			if err := s.normalise(&p); err != nil {
				return p, err
			}
		case "PadStride":
			if p.Fit == imgio.Edges && s.Stride > 1 {
				p.Stride, p.ZeroBars = s.Stride, true
			}
		case "Permute", "Pad":
		default:
			return p, fmt.Errorf("its step %s is not known here", s.Type)
		}
	}
	if p.Fit == "" {
		return p, fmt.Errorf("no step of it resizes the picture")
	}
	return p, nil
}

func (s paddleStep) resize(p *imgio.Prep) error {
	if len(s.Size) != 2 {
		return fmt.Errorf("the target_size %v of its step %s is not [height, width]", s.Size, s.Type)
	}
	if s.Interp != nil {
		filter, ok := map[int]imgio.Filter{0: imgio.Nearest, 1: imgio.CV2, 2: imgio.CV2Cubic}[*s.Interp]
		if !ok {
			return fmt.Errorf("it resizes by the filter %d of OpenCV (interp), which is not supported", *s.Interp)
		}
		p.Filter = filter
	}
	p.Height, p.Width, p.Fit = s.Size[0], s.Size[1], imgio.Stretch
	switch {
	case s.Type == "LetterBoxResize":
		p.Fit, p.Pad = imgio.Letterbox, 128
	case s.KeepRatio:
		p.Fit, p.Resize, p.Longest = imgio.Edges, min(p.Height, p.Width), max(p.Height, p.Width)
		p.Height, p.Width, p.RoundSides = 0, 0, true
	}
	return nil
}

// normalise fills in Mean and Scale: (p/255 - mean) / std is (p - 255 mean) / (255 std).
func (s paddleStep) normalise(p *imgio.Prep) error {
	factor := float32(255)
	if s.IsScale != nil && !*s.IsScale {
		factor = 1
	}
	mean, std := s.Mean, s.Std
	if s.NormType == "none" {
		mean, std = []float32{0, 0, 0}, []float32{1, 1, 1}
	}
	if len(mean) != 3 || len(std) != 3 {
		return fmt.Errorf("its step NormalizeImage has the mean %v and the std %v, which are not three numbers each", s.Mean, s.Std)
	}
	for i := range 3 {
		p.Mean[i], p.Scale[i] = factor*mean[i], factor*std[i]
	}
	return nil
}
