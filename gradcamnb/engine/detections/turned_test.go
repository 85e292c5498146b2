package detections

import (
	"math"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Six turned boxes, middle, size and angle: their overlaps by batch_probiou and what fast_nms keeps at 0.7, of
// Ultralytics 8.4.190 in float64. The fifth overlaps the first by less than 0.7, but the second, which is gone, by
// more.
func TestTurnedBoxesAgainstUltralytics(t *testing.T) {
	boxes := [][5]float64{{50, 50, 40, 20, 0.3}, {52, 49, 38, 22, 0.5}, {70, 50, 40, 20, 1.2}, {50, 50, 20, 40, 0.3},
		{54, 47, 36, 24, 0.7}, {90, 20, 10, 60, 2}}
	c := make(candidates, 6)
	for i, b := range boxes {
		cos, sin := math.Cos(b[4]), math.Sin(b[4])
		ux, uy, vx, vy := b[2]/2*cos, b[2]/2*sin, -b[3]/2*sin, b[3]/2*cos
		for _, s := range [][2]float64{{1, 1}, {1, -1}, {-1, -1}, {-1, 1}} {
			c[5] = append(c[5], float32(b[0]+s[0]*ux+s[1]*vx), float32(b[1]+s[0]*uy+s[1]*vy))
		}
		score := 0.9 - float32(i)/10
		c[1], c[2] = append(c[1], score, 0), append(c[2], score)
	}
	for i, row := range [][]float64{
		{0.999553, 0.849715, 0.249961, 0.552786, 0.697871, 6e-06}, {0.849715, 0.999553, 0.284484, 0.590376, 0.830759, 3e-05},
		{0.249961, 0.284484, 0.999553, 0.158834, 0.338802, 0.006118}, {0.552786, 0.590376, 0.158834, 0.999553, 0.604609,
			0.004768},
	} {
		for j, want := range row {
			if got := c.gaussian(i).overlap(c.gaussian(j)); !(math.Abs(got-want) <= 2e-5) {
				t.Errorf("boxes %d and %d overlap by %g, want %g", i, j, got, want)
			}
		}
	}
	all, spec := []int{0, 1, 2, 3, 4, 5}, detect.Spec{NMS: 0.7}
	if got, want := c.suppressTurned(all, spec), []int{0, 2, 3, 5}; !slices.Equal(got, want) {
		t.Errorf("kept are %v, want %v", got, want)
	}
	c[1][2], c[1][3] = 0, 0.8 // the second is of another class, and takes nobody away
	if got, want := c.suppressTurned(all, spec), []int{0, 1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("kept are %v, want %v", got, want)
	}
}

// A picture of 227 x 150 is shown 160 x 106 pixels, so its sides are not scaled quite alike. The corners of the box
// with the middle (80, 70), the sides 60 and 20 and the angle 30 degrees are by scale_boxes(xywh=True) and
// xywhr2xyxyxyxy of Ultralytics 8.4.190, in float64. Back in the model they are what they were. In a picture that is
// stretched by 2 and 1 each corner is moved by itself.
func TestTurnedBoxInThePicture(t *testing.T) {
	model := [][2]float64{{100.9808, 93.6603}, {110.9808, 76.3397}, {59.0192, 46.3397}, {49.0192, 63.6603}}
	boxed := imgio.Frame{PictureW: 227, PictureH: 150, ModelW: 160, ModelH: 160, Y0: -27 * 150. / 106,
		ScaleX: 227. / 160, ScaleY: 150. / 106}
	stretched := imgio.Frame{PictureW: 320, PictureH: 160, ModelW: 160, ModelH: 160, ScaleX: 2, ScaleY: 1}
	for _, c := range []struct {
		frame imgio.Frame
		want  [][2]float64
		box   heatmap.Box
	}{
		{boxed, [][2]float64{{143.2847, 94.3854}, {157.4357, 69.8752}, {83.7153, 27.3127}, {69.5643, 51.8229}},
			heatmap.Box{69.5643, 27.3127, 157.4357, 94.3854}},
		{stretched, [][2]float64{{201.9616, 93.6603}, {221.9616, 76.3397}, {118.0384, 46.3397}, {98.0384, 63.6603}},
			heatmap.Box{98.0384, 46.3397, 221.9616, 93.6603}},
	} {
		all := candidates{{49.0192, 46.3397, 110.9808, 93.6603}, {0.9}, {0.9}, {1}, nil, nil}
		for _, p := range model {
			all[5] = append(all[5], float32(p[0]), float32(p[1]))
		}
		d := all.detection(0, c.frame, nil)
		turn(&d)
		back := (&Findings{frames: []imgio.Frame{c.frame}}).Corners(d, 0)
		for i := range model {
			if !(math.Hypot(d.Points[i][0]-c.want[i][0], d.Points[i][1]-c.want[i][1]) <= 2e-4) {
				t.Errorf("corner %d lies at %v, want %v", i, d.Points[i], c.want[i])
			}
			if !(math.Hypot(back[i][0]-model[i][0], back[i][1]-model[i][1]) <= 2e-4) {
				t.Errorf("corner %d comes back to %v, want %v", i, back[i], model[i])
			}
			if !(math.Abs(d.Box[i]-c.box[i]) <= 2e-4) {
				t.Errorf("the box is %v, want %v", d.Box, c.box)
			}
		}
	}
}
