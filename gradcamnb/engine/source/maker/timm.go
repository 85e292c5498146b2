package maker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Timm reads config.json as timm writes it for the hub: pretrained_cfg says how pictures are prepared, and label_names,
// with label_descriptions in clearer words, what the classes are called.
//
// timm 1.0.31, timm/models/_hub.py (save_config_for_hf) and timm/data/transforms_factory.py (transforms_imagenet_eval).
var Timm = register(Maker{Name: "timm", Place: InNeighbour, Tell: func(f File) (*Metadata, error) {
	data := f.ReadNeighbour("config.json")
	if data == nil {
		return nil, nil
	}
	var c timmConfig
	if json.Unmarshal(data, &c) != nil || c.Prepared == nil {
		return nil, nil // not timm's
	}
	p, err := c.Prepared.prep(f)
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return &Metadata{By: "as timm's config.json beside it says", Prep: &p, Labels: c.labels()}, nil
}})

type timmConfig struct {
	Prepared     *timmPrepared     `json:"pretrained_cfg"`
	Names        json.RawMessage   `json:"label_names"` // a list, or nothing that is followed here
	Descriptions map[string]string `json:"label_descriptions"`
}

// labels returns the names of the classes, in their descriptions' words if there are some.
func (c timmConfig) labels() []string {
	var names, labels []string
	if json.Unmarshal(c.Names, &names) != nil {
		return nil
	}
	for _, name := range names {
		if words := c.Descriptions[name]; words != "" {
			name = words
		}
		labels = append(labels, name)
	}
	return labels
}

// timmPrepared is how pictures are prepared. Sizes are [channels, height, width].
type timmPrepared struct {
	Size          []int     `json:"input_size"`
	Interpolation string    `json:"interpolation"`
	CropPct       float64   `json:"crop_pct"`
	CropMode      string    `json:"crop_mode"`
	Mean          []float32 `json:"mean"`
	Std           []float32 `json:"std"`
}

// timmFilters are the interpolations by timm's names.
var timmFilters = map[string]imgio.Filter{"": imgio.Bicubic, "nearest": imgio.Nearest, "bilinear": imgio.Bilinear,
	"bicubic": imgio.Bicubic, "lanczos": imgio.Lanczos}

// prep makes our preprocessing: pictures are scaled to the size by crop_pct, rounded down, and the middle is cut out.
// For "center" their shorter side is scaled to that, for "squash" both sides.
func (t timmPrepared) prep(f File) (imgio.Prep, error) {
	if err := t.check(); err != nil {
		return imgio.Prep{}, err
	}
	p := imgio.Prep{Height: t.Size[1], Width: t.Size[2], Fit: imgio.Crop,
		Filter: timmFilters[strings.ToLower(t.Interpolation)], Order: "RGB"}
	if t.CropMode == "squash" {
		p.Fit = imgio.Stretch
	}
	if h, w := f.size(); h > 0 && w > 0 {
		p.Height, p.Width = h, w
	}
	for i := range 3 {
		p.Mean[i], p.Scale[i] = 255*t.Mean[i], 255*t.Std[i]
	}
	const usual = 0.875
	share := cmp.Or(t.CropPct, usual)
	if p.Height == p.Width {
		p.Resize = int(float64(p.Height) / share)
	} else if share != 1 {
		return p, fmt.Errorf("it cuts out %g of a picture to %d x %d pixels, which is known for squares only", share, p.Width,
			p.Height)
	}
	return p, p.Validate()
}

// check returns an error if something is not as timm writes it, or not known here.
func (t timmPrepared) check() error {
	_, known := timmFilters[strings.ToLower(t.Interpolation)]
	switch {
	case len(t.Size) != 3 || t.Size[1] < 1 || t.Size[2] < 1:
		return fmt.Errorf("its input_size %v is not [channels, height, width]", t.Size)
	case len(t.Mean) != 3 || len(t.Std) != 3:
		return fmt.Errorf("its mean %v and std %v are not three numbers each", t.Mean, t.Std)
	case !known:
		return fmt.Errorf("it resizes by the filter %q, which is not known here", t.Interpolation)
	case t.CropPct < 0 || t.CropPct > 1:
		return fmt.Errorf("its crop_pct is %g, which is not between 0 and 1", t.CropPct)
	case !slices.Contains([]string{"", "center", "squash"}, t.CropMode):
		return fmt.Errorf("its crop_mode is %q, which is not known here; \"center\" and \"squash\" are", t.CropMode)
	}
	return nil
}
