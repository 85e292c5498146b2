package engine

import (
	"image"
	"math"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

func detectorModel(t *testing.T, name string) (*gradcamnb.Model, error) {
	t.Helper()
	s, err := New("go").Open(golden.Path("detectors", name+".onnx"))
	if err != nil {
		return nil, err
	}
	return gradcamnb.NewModel(s), nil
}

// Files that say what they are need no sidecar: see testdata/detectors/generate.py, whose
// boxes are of pictures of 64 x 64. A picture of 128 x 64 is scaled to half, with bars of 16.
func TestFilesThatSayWhatTheyAre(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 128, 64))
	onPicture := func(x0, y0, x1, y1 float64) heatmap.Box {
		return heatmap.Box{2 * x0, 2 * (y0 - 16), 2 * x1, 2 * (y1 - 16)}
	}
	for name, want := range map[string]heatmap.Detection{
		"detect": {Box: onPicture(8, 16, 40, 48), Label: "tree", Score: 0.9},
		"pose":   {Box: onPicture(8, 16, 40, 48), Label: "person", Score: 0.9, Points: [][2]float64{{60, 48}, {40, 24}}},
		"obb": {Box: onPicture(8, 24, 40, 40), Label: "tree", Score: 0.9,
			Points: [][2]float64{{16, 48}, {80, 48}, {80, 16}, {16, 16}}},
		"chosen": {Box: onPicture(8, 16, 40, 48), Label: "tree", Score: 0.9},
	} {
		m, err := detectorModel(t, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found, err := m.Detect(picture)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %v, %d found", name, err, len(found))
			continue
		}
		got := found[0]
		if got.Label != want.Label || len(got.Points) != len(want.Points) ||
			!(math.Abs(float64(got.Score-want.Score)) <= 1e-6) {
			t.Errorf("%s: found %s %g with %d points, want %s %g", name, got.Label, got.Score, len(got.Points), want.Label,
				want.Score)
			continue
		}
		for i, v := range got.Box {
			if !(math.Abs(v-want.Box[i]) <= 1e-4) {
				t.Errorf("%s: the box is %v, want %v", name, got.Box, want.Box)
				break
			}
		}
		for i, p := range got.Points {
			if math.Hypot(p[0]-want.Points[i][0], p[1]-want.Points[i][1]) > 1e-4 {
				t.Errorf("%s: the points are %v, want %v", name, got.Points, want.Points)
				break
			}
		}
	}
}

// Readings that cannot be right are refused, with the decoders that would fit.
func TestReadingsWithoutSense(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for _, c := range []struct{ model, decoder, want string }{
		{"pose", "yolov8", "the decoder yolov8 does not fit the model pose with 1 labels, but with 7"}, // 11 columns
		{"obb", "yolov8", "the decoder yolov8 does not fit the model obb with 3 labels, but with 4"},   // 8 columns
		{"untold", "yolov8", `corners; if so, write "detector": {"decoder":"yolov8","numbers":{"order":"xyxy"}} in the sidecar`},
		{"detect", "yolov5", "the decoder yolov5 does not fit"},
	} {
		m, err := detectorModel(t, c.model)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Detect(picture, gradcamnb.Read(gradcamnb.Reading{Decoder: c.decoder}),
			gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255},
				Order: "RGB"}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s read as %s: %v, want %q", c.model, c.decoder, err, c.want)
		}
	}
}
