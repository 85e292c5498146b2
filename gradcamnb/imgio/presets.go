package imgio

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/must"
	near "github.com/gradcam-go/gradcam/internal/nearest"
)

// preset is the preprocessing of a library's models, for an input of w x h pixels.
type preset struct {
	name string
	what string   // the models that are trained with it
	also []string // what people write who mean it
	prep func(w, h int) Prep
}

// presets are the preprocessings that a library uses for many of its models. The numbers come from torchvision 0.27
// (transforms._presets.ImageClassification), timm 1.0 (data.constants, crop_pct 0.875), Keras 3
// (applications.imagenet_utils, modes tf, caffe and torch), OpenAI's CLIP (clip.clip._transform), Ultralytics 8.3
// (data.augment.LetterBox) and transformers 4 (DetrImageProcessor, without its bars).
var presets = []preset{
	{"torchvision", "torchvision's classifiers", []string{"imagenet", "pytorch", "torch"}, func(w, h int) Prep {
		return imagenet(Prep{Width: w, Height: h, Fit: Crop, Resize: min(w, h) * 256 / 224})
	}},
	{"timm", "timm's classifiers of the usual kind", []string{"imagenet"}, func(w, h int) Prep {
		return imagenet(Prep{Width: w, Height: h, Fit: Crop, Resize: int(float64(min(w, h)) / 0.875), Filter: Bicubic})
	}},
	{"keras", "Keras' MobileNet, Inception, Xception, NASNet and ResNetV2",
		[]string{"tensorflow", "tf", "inception", "mobilenet"}, func(w, h int) Prep {
			return Prep{Width: w, Height: h, Fit: Stretch, Mean: each(127.5), Scale: each(127.5), Order: "RGB"}
		}},
	{"keras-caffe", "Keras' VGG and ResNet", []string{"caffe", "vgg"}, func(w, h int) Prep {
		return Prep{Width: w, Height: h, Fit: Stretch, Mean: [3]float32{103.939, 116.779, 123.68}, Scale: each(1),
			Order: "BGR"}
	}},
	{"keras-torch", "Keras' DenseNet", []string{"densenet"}, func(w, h int) Prep {
		return imagenet(Prep{Width: w, Height: h, Fit: Stretch})
	}},
	{"keras-raw", "Keras' EfficientNet, EfficientNetV2 and ConvNeXt, which prepare the picture within the model",
		[]string{"efficientnet"},
		func(w, h int) Prep {
			return Prep{Width: w, Height: h, Fit: Stretch, Scale: each(1), Order: "RGB"}
		}},
	{"clip", "CLIP", []string{"openai", "openclip"}, func(w, h int) Prep {
		return Prep{Width: w, Height: h, Fit: Crop, Resize: min(w, h), Filter: Bicubic, Order: "RGB",
			Mean:  [3]float32{255 * 0.48145466, 255 * 0.4578275, 255 * 0.40821073},
			Scale: [3]float32{255 * 0.26862954, 255 * 0.26130258, 255 * 0.27577711}}
	}},
	{"yolo", "Ultralytics' detectors, which see the whole picture between grey bars",
		[]string{"ultralytics"}, func(w, h int) Prep {
			return Prep{Width: w, Height: h, Fit: Letterbox, At: Ultralytics, Pad: 114, Filter: CV2, Scale: each(255),
				Order: "RGB"}
		}},
	{"detr", "DETR, which sees the whole picture, scaled to the model's size", nil, func(w, h int) Prep {
		return imagenet(Prep{Width: w, Height: h, Fit: Stretch})
	}},
	{"unit", "models that take the whole picture, scaled to their size, in colours from 0 to 1",
		[]string{"rescale", "0-1"}, func(w, h int) Prep {
			return Prep{Width: w, Height: h, Fit: Stretch, Scale: each(255), Order: "RGB"}
		}},
}

// imagenet adds the mean and the standard deviation of ImageNet's colours.
func imagenet(p Prep) Prep {
	p.Mean, p.Scale = imageNetMean, imageNetScale
	p.Order = "RGB"
	return p
}

func each(v float32) [3]float32 { return [3]float32{v, v, v} }

// Preset returns the preprocessing of a library's models, for an input of w x h pixels. The name is "torchvision",
// "timm", "keras", "keras-caffe", "keras-torch", "keras-raw", "clip", "yolo", "detr" or "unit". It is right for models
// that were trained like the library's own. Only its author knows how a model was really trained.
func Preset(name string, w, h int) (Prep, error) {
	i := slices.IndexFunc(presets, func(p preset) bool { return p.name == strings.ToLower(strings.TrimSpace(name)) })
	if i < 0 {
		return Prep{}, fault.Errorf(fault.ErrUnknownName, "there is no preparation %q%s; there are %s", name,
			presetHint(name), strings.Join(PresetNames(), ", "))
	}
	p := presets[i].prep(w, h)
	return p, p.Validate()
}

// presetHint returns words for the presets that a name may mean: those whose names are near it, or else those that
// people mean who write it. It is empty if there is none.
func presetHint(name string) string {
	if hint := near.DidYouMean(name, PresetNames()); hint != "" {
		return hint
	}
	var meant []string
	for _, p := range presets {
		if slices.Contains(p.also, strings.ToLower(strings.TrimSpace(name))) {
			meant = append(meant, fmt.Sprintf("%q for %s", p.name, p.what))
		}
	}
	if len(meant) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(meant, ", or ") + "?"
}

// MustPreset is like Preset, but panics with the error.
func MustPreset(name string, w, h int) Prep { return must.Get(Preset(name, w, h)) }

// PresetNames returns the names that [Preset] takes.
func PresetNames() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// PresetModels returns words for the models that a preset is for, such as "torchvision's classifiers", or an empty text
// if there is no such preset.
func PresetModels(name string) string {
	for _, p := range presets {
		if p.name == name {
			return p.what
		}
	}
	return ""
}

// PresetWords returns a line for each preset, with its name and the models that it is for.
func PresetWords() string {
	var b strings.Builder
	for _, p := range presets {
		fmt.Fprintf(&b, "  %-12s %s\n", p.name, p.what)
	}
	return b.String()
}
