package maker

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Transformers reads preprocessor_config.json, and in config.json the labels and the architecture.
//
// transformers 5.24.0, models/*/image_processing_*.py.
var Transformers = register(Maker{Name: "transformers", Place: InNeighbour, Tell: func(f File) (*Metadata, error) {
	t := &Metadata{}
	var files []string
	var odd error // of the preprocessing; labels and decoder are taken all the same
	if data := f.ReadNeighbour("preprocessor_config.json"); data != nil {
		p, err := hubPrep(data)
		if h, w := f.size(); h > 0 && w > 0 && (p.Fit == imgio.Edges || p.Fit == imgio.Stretch && p.Resize == 0) {
			p.Height, p.Width, p.Fit, p.Resize, p.Longest = h, w, imgio.Stretch, 0, 0
		}
		if err != nil {
			odd = fmt.Errorf("preprocessor_config.json: %w", err)
		} else {
			t.Prep, files = &p, append(files, "preprocessor_config.json")
		}
	}
	if data := f.ReadNeighbour("config.json"); data != nil {
		var err error
		if t.Labels, err = hubLabels(data); err != nil {
			return nil, fmt.Errorf("config.json: %w", err)
		}
		if t.Detector = f.head(data); t.Detector != nil || t.Labels != nil {
			files = append(files, "config.json")
		}
	}
	if files == nil {
		return nil, odd
	}
	t.By = "as " + strings.Join(files, " and ") + " beside it say"
	if len(files) == 1 {
		t.By += "s"
	}
	return t, odd
}})

// heads maps an architecture of transformers' detectors to its decoder and to the outputs that the decoder reads. The
// architectures are named without ForObjectDetection and the like.
var heads = map[string]struct {
	decoder string
	outputs []string
}{
	"Detr": {"detr", boxOutputs}, "Yolos": {"detr", boxOutputs}, "TableTransformer": {"detr", boxOutputs},
	"ConditionalDetr": {"rt-detr", boxOutputs}, "DeformableDetr": {"rt-detr", boxOutputs}, "Deta": {"rt-detr", boxOutputs},
	"DabDetr": {"rt-detr", boxOutputs}, "RTDetr": {"rt-detr", boxOutputs}, "RTDetrV2": {"rt-detr", boxOutputs},
	"DFine": {"rt-detr", boxOutputs}, "Deimv2": {"rt-detr", boxOutputs}, "LwDetr": {"rt-detr", boxOutputs},
	"RfDetr":     {"rt-detr", boxOutputs},
	"MaskFormer": {"maskformer", maskOutputs}, "Mask2Former": {"maskformer", maskOutputs},
	"OneFormer": {"maskformer", maskOutputs}, "Eomt": {"maskformer", maskOutputs},
	"EomtDinov3": {"maskformer", maskOutputs},
}

// boxOutputs and maskOutputs are the outputs of detectors with boxes, and of those with masks.
var boxOutputs, maskOutputs = []string{"logits", "pred_boxes"}, []string{"class_queries_logits", "masks_queries_logits"}

// head returns how the outputs of the architecture in config.json are read; nil if they are no detections.
func (f File) head(config []byte) *detect.Spec {
	var c struct {
		Architectures []string `json:"architectures"`
	}
	if json.Unmarshal(config, &c) != nil || len(c.Architectures) != 1 {
		return nil
	}
	name := c.Architectures[0]
	for _, task := range []string{"ForObjectDetection", "ForInstanceSegmentation", "ForUniversalSegmentation"} {
		name = strings.TrimSuffix(name, task)
	}
	h, ok := heads[name]
	if !ok || name == c.Architectures[0] {
		return nil
	}
	for _, o := range h.outputs {
		if _, is := f.output(o); !is { // the outputs have other names: the decoder takes them in the model's order
			return &detect.Spec{Decoder: h.decoder}
		}
	}
	spec := &detect.Spec{Decoder: h.decoder, Outputs: h.outputs}
	if h.decoder == "rt-detr" {
		spec.Numbers = json.RawMessage(`{"first": "logits"}`)
		if _, is := f.output("pred_masks"); is {
			spec.Decoder, spec.Outputs = "rt-detr-seg", append(slices.Clone(h.outputs), "pred_masks")
		}
	}
	return spec
}

// pictureProcessor is preprocessor_config.json as transformers writes it. A missing field has its processor's default.
type pictureProcessor struct {
	ImageProcessorType   string `json:"image_processor_type"`
	FeatureExtractorType string `json:"feature_extractor_type"` // the older name of image_processor_type

	DoResize *bool           `json:"do_resize"`
	Size     json.RawMessage `json:"size"`
	CropPct  *float64        `json:"crop_pct"`
	MaxSize  int             `json:"max_size"` // limit for the longer edge, written with an older form of the size
	Resample *int            `json:"resample"`

	DoCenterCrop *bool           `json:"do_center_crop"`
	CropSize     json.RawMessage `json:"crop_size"`

	DoRescale     *bool    `json:"do_rescale"`
	RescaleFactor *float64 `json:"rescale_factor"`
	RescaleOffset bool     `json:"rescale_offset"`

	DoNormalize *bool      `json:"do_normalize"`
	ImageMean   channels3  `json:"image_mean"`
	ImageStd    channels3  `json:"image_std"`
	IncludeTop  *bool      `json:"include_top"` // EfficientNet: divides by image_std once more
	DoFlip      *bool      `json:"do_flip_channel_order"`
	DoPad       bool       `json:"do_pad"`
	PadSize     *pixelSize `json:"pad_size"`
}

// channels3 is one number, or one for each of the three channels.
type channels3 []float64

func (c *channels3) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '[' {
		*c = make(channels3, 1)
		return json.Unmarshal(data, &(*c)[0])
	}
	return json.Unmarshal(data, (*[]float64)(c))
}

func (c channels3) at(i int) float64 { return c[i%len(c)] }

// pixelSize is a size as transformers writes it.
type pixelSize struct {
	Height       int `json:"height"`
	Width        int `json:"width"`
	ShortestEdge int `json:"shortest_edge"`
	LongestEdge  int `json:"longest_edge"` // only for the processors in [edgeProcessors]
}

// readSize reads a size: 224, [224, 320] (height, width), {"height": ..., "width": ...} or {"shortest_edge": ...}. A
// bare number is the shortest edge if edge is true, and else the side of a square.
func readSize(data json.RawMessage, edge bool) (pixelSize, error) {
	var n int
	if json.Unmarshal(data, &n) == nil {
		if edge {
			return pixelSize{ShortestEdge: n}, nil
		}
		return pixelSize{Height: n, Width: n}, nil
	}
	var pair [2]int
	if len(data) > 0 && data[0] == '[' && json.Unmarshal(data, &pair) == nil {
		return pixelSize{Height: pair[0], Width: pair[1]}, nil
	}
	var s pixelSize
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // max_pixels, ...
	if err := d.Decode(&s); err != nil || (s.ShortestEdge > 0) == (s.Height > 0 && s.Width > 0) {
		return pixelSize{}, fmt.Errorf(
			"the size %s is none of 224, {\"height\": 224, \"width\": 224} and {\"shortest_edge\": 224}", data)
	}
	return s, nil
}

// processors are the processors whose arithmetic is known, by their names without ImageProcessor or FeatureExtractor.
// The value tells whether a bare number as the size is the shortest edge.
var processors = map[string]bool{
	"": false, "ViT": false, "DeiT": false, "Beit": false, "Siglip": false, "Segformer": false, "EfficientNet": false,
	"RTDetr": false, "Detr": true, "Yolos": true, "ConditionalDetr": true, "DeformableDetr": true, "Deta": true,
	"MaskFormer": true, "Mask2Former": true, "OneFormer": true,
	"ConvNext": true, "CLIP": true, "Bit": true, "MobileNetV1": true, "MobileNetV2": true, "MobileViT": true,
}

// edgeProcessors are the processors of detectors that keep the aspect ratio of a picture. They pad a picture only to
// make it as large as the others of its batch.
var edgeProcessors = []string{"Detr", "Yolos", "ConditionalDetr", "DeformableDetr", "Deta", "RTDetr", "MaskFormer",
	"Mask2Former", "OneFormer"}

// filters are the interpolations by PIL's number.
var filters = map[int]imgio.Filter{0: imgio.Nearest, 1: imgio.Lanczos, 2: imgio.Bilinear, 3: imgio.Bicubic}

// hubPrep returns the preprocessing that preprocessor_config.json describes. It refuses a file whose arithmetic would
// come out differently here.
func hubPrep(data []byte) (imgio.Prep, error) {
	var c pictureProcessor
	if err := json.Unmarshal(data, &c); err != nil {
		return imgio.Prep{}, fmt.Errorf("it is not as it should be: %w", err)
	}
	name := c.ImageProcessorType
	if name == "" {
		name = c.FeatureExtractorType
	}
	kind := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "Fast"), "ImageProcessor"), "FeatureExtractor")
	edge, known := processors[kind]
	switch {
	case !known:
		return imgio.Prep{}, fmt.Errorf("the processor %s is not known here: give %s to a copy of the model", name,
			place.Words("gradcamnb.Prepared", "--size, --mean and --scale"))
	case c.DoPad && !slices.Contains(edgeProcessors, kind) || c.PadSize != nil:
		return imgio.Prep{}, errors.New("it pads pictures (do_pad), which is not supported")
	case c.RescaleOffset:
		return imgio.Prep{}, errors.New("it shifts values after scaling them (rescale_offset), which is not supported")
	}
	p := imgio.Prep{Order: "RGB"}
	if boolOr(c.DoFlip, kind == "MobileViT") {
		p.Order = "BGR"
	}
	if err := c.geometry(&p, kind, edge); err != nil {
		return imgio.Prep{}, err
	}
	if err := c.values(&p, kind); err != nil {
		return imgio.Prep{}, err
	}
	return p, p.Validate()
}

// boolOr returns the given switch, or the default if it is nil.
func boolOr(given *bool, otherwise bool) bool {
	if given == nil {
		return otherwise
	}
	return *given
}

// geometry fills in the size, the fit and the interpolation.
func (c pictureProcessor) geometry(p *imgio.Prep, kind string, edge bool) error {
	if !boolOr(c.DoResize, true) {
		return errors.New("it does not resize pictures (do_resize), so they would have any size")
	}
	size, err := readSize(c.Size, edge)
	if err != nil {
		return err
	}
	if p.Filter, err = c.filter(); err != nil {
		return err
	}
	crop := boolOr(c.DoCenterCrop, len(c.CropSize) > 0 && string(c.CropSize) != "null")
	switch {
	case size.ShortestEdge > 0 && slices.Contains(edgeProcessors, kind):
		p.Fit, p.Resize, p.Longest = imgio.Edges, size.ShortestEdge, cmp.Or(size.LongestEdge, c.MaxSize)
		return nil
	case c.MaxSize > 0:
		return fmt.Errorf("its size has a longest edge (max_size), which is not known for the processor %q", kind)
	case size.LongestEdge > 0:
		return fmt.Errorf("its size has a longest_edge, which is not known for the processor %q", kind)
	case kind == "ConvNext" && size.ShortestEdge > 0:
		return c.convNext(p, size.ShortestEdge)
	case c.CropPct != nil:
		return fmt.Errorf("it cuts out a part of the picture (crop_pct), which is known for ConvNext's processor only and not for %q", kind)
	case !crop && size.ShortestEdge > 0:
		return errors.New("it keeps the aspect ratio of pictures and cuts nothing off, so they would have any size")
	case !crop:
		p.Width, p.Height, p.Fit = size.Width, size.Height, imgio.Stretch
		return nil
	}
	return c.cut(p, size)
}

// filter returns the interpolation; empty if none is named.
func (c pictureProcessor) filter() (imgio.Filter, error) {
	if c.Resample == nil {
		return "", nil
	}
	filter, ok := filters[*c.Resample]
	if !ok {
		return "", fmt.Errorf("it resizes by the filter %d of PIL (resample), which is not supported", *c.Resample)
	}
	return filter, nil
}

// convNext fills in what ConvNext's processor does: below 384 pixels it resizes to edge/crop_pct and cuts out the
// middle.
func (c pictureProcessor) convNext(p *imgio.Prep, edge int) error {
	p.Width, p.Height, p.Fit = edge, edge, imgio.Stretch
	if edge >= 384 {
		return nil
	}
	pct := 224. / 256
	if c.CropPct != nil {
		pct = *c.CropPct
	}
	if pct <= 0 || pct > 1 {
		return fmt.Errorf("it cuts out the part %g of the picture (crop_pct), which is not between 0 and 1", pct)
	}
	p.Fit, p.Resize, p.Margin = imgio.Crop, int(float64(edge)/pct), imgio.MarginDown
	return nil
}

// cut fills in the size that is cut out of a resized picture.
func (c pictureProcessor) cut(p *imgio.Prep, size pixelSize) error {
	cut := pixelSize{Height: size.Height, Width: size.Width}
	var err error
	if len(c.CropSize) > 0 {
		if cut, err = readSize(c.CropSize, false); err != nil {
			return err
		}
	}
	p.Width, p.Height, p.Margin = cut.Width, cut.Height, imgio.MarginDown
	switch {
	case cut.ShortestEdge > 0 || cut.Width == 0:
		return fmt.Errorf("the crop_size %s is no size", c.CropSize)
	case size.ShortestEdge > 0:
		p.Fit, p.Resize = imgio.Crop, size.ShortestEdge
	case size.Width == size.Height:
		p.Fit, p.Resize = imgio.Stretch, size.Width
	default:
		return fmt.Errorf("it resizes to %d x %d pixels before it cuts, which is not supported; a square is", size.Width,
			size.Height)
	}
	return nil
}

// values fills in Mean and Scale. With the rescaling factor f a channel p becomes (p*f - mean) / std = (p - mean/f) /
// (std/f).
func (c pictureProcessor) values(p *imgio.Prep, kind string) error {
	factor := 1.
	if boolOr(c.DoRescale, true) {
		factor = 1. / 255
		if c.RescaleFactor != nil {
			factor = *c.RescaleFactor
		}
	}
	if factor == 0 {
		return errors.New("its rescale_factor is zero")
	}
	mean, std := channels3{0}, channels3{1}
	if boolOr(c.DoNormalize, kind != "MobileViT" && kind != "RTDetr") {
		mean, std = c.ImageMean, c.ImageStd
		if !slices.Contains([]int{1, 3}, len(mean)) || !slices.Contains([]int{1, 3}, len(std)) {
			return fmt.Errorf("it normalises (do_normalize) by image_mean %v and image_std %v, which are not one number or three", mean, std)
		}
	}
	for i := range 3 {
		p.Mean[i] = float32(mean.at(i) / factor)
		p.Scale[i] = float32(std.at(i) / factor)
		if kind == "EfficientNet" && boolOr(c.IncludeTop, true) {
			p.Scale[i] = float32(std.at(i) * std.at(i) / factor)
		}
	}
	return nil
}

// hubLabels reads the labels from id2label in config.json: a name for every class, from 0 on.
func hubLabels(data []byte) ([]string, error) {
	var c struct {
		Names map[string]string `json:"id2label"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("it is not as it should be: %w", err)
	}
	labels, err := namesInOrder(c.Names)
	if err != nil {
		return nil, fmt.Errorf("id2label %w", err)
	}
	return labels, nil
}
