package inputs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/place"
)

// unpreparedError returns the error for a model without preprocessing. It shows a sidecar to save, with the model's own
// size and the numbers with which most such models were trained: those of the preset or, if it is empty, of
// classifiers, and then how to get by without writing that file: on the command line the line that writes it, elsewhere
// the choice to add. For a file on the hub there is no such line. For a GoMLX model it names the card instead.
func unpreparedError(c source.Card, preset string) error {
	usual, kind := 224, ""
	if preset != "" {
		usual, kind = 640, " Its outputs have the shapes of a detector's."
	}
	preset = cmp.Or(preset, "torchvision")
	w, h := usual, usual
	size := fmt.Sprintf(", whose input may have any size; %d x %d is usual", usual, usual)
	if height, width, ok := c.Size(); ok {
		w, h, size = width, height, ""
	}
	if c.File == "" && c.SHA256 == "" { // a GoMLX model
		return fault.Errorf(fault.ErrNoPreprocessing,
			"nothing says how to prepare a picture for the model %s%s: its card has no Prep; give it the one that the model was trained with, Prep: &imgio.Prep{Width: %d, Height: %d, ...}, or one that imgio.Preset makes, such as imgio.Preset(\"unit\", %d, %d) for values from 0 to 1 (there are %s)",
			c.Name, size, w, h, w, h, strings.Join(imgio.PresetNames(), ", "))
	}
	prep, err := imgio.Preset(preset, w, h)
	if err != nil {
		return fault.Errorf(fault.ErrNoPreprocessing, "nothing says how pictures are prepared for the model %s: %w", c.Name,
			err)
	}
	text, err := json.Marshal(source.Sidecar{Input: &prep})
	if err != nil {
		return fault.Errorf(fault.ErrNoPreprocessing, "nothing says how pictures are prepared for the model %s: %w", c.Name,
			err)
	}
	others := slices.DeleteFunc(imgio.PresetNames(), func(name string) bool { return name == preset })
	with := "also with another preset (" + strings.Join(others, ", ") + "): "
	line := " Or let this line write it, " + with + sidecarLine(c.File, preset, w, h, size != "")
	if c.OnHub {
		line = ""
	}
	remedy := place.Words(
		fmt.Sprintf(" Or say it where you explain, %sgradcamnb.Prepared(imgio.MustPreset(%q, %d, %d))", with, preset, w, h), line)
	return fault.Errorf(fault.ErrNoPreprocessing,
		"nothing says how to prepare a picture for the model %s%s.%s If it was trained as %s, save this as %s: %s.%s",
		c.Name, size, kind, imgio.PresetModels(preset), c.SidecarName(), text, remedy)
}

// sidecarLine returns the command that writes the sidecar of a model's file, to be pasted into a shell.
func sidecarLine(file, preset string, w, h int, anySize bool) string {
	line := "gradcam sidecar --model " + place.Argument(file) + " --preset " + preset
	if anySize {
		line += fmt.Sprintf(" --size %dx%d", w, h)
	}
	return line
}
