package imgio

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

var plain = [3]float32{1, 1, 1}

// The golden picture becomes the same model input as in the reference, bit for bit (input_sha256 in
// testdata/golden/cases.json, made with PIL and numpy).
func TestTensorOfGoldenPicture(t *testing.T) {
	img, err := Open(golden.Path("images", "cat_224.png"))
	if err != nil {
		t.Fatal(err)
	}
	p := Prep{Width: 224, Height: 224, Fit: Crop, Mean: [3]float32{127, 127, 127}, Scale: [3]float32{128, 128, 128},
		Order: "RGB"}
	values, _, err := p.Tensor(img, ChannelsFirst)
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	sum := sha256.Sum256(data)
	if got, want := hex.EncodeToString(sum[:]),
		"4cff7e375b8e3dce18489f4fb830b5585e17f59a6d7f652ec02b3021963874f5"; got != want {
		t.Errorf("the input has the SHA-256 %s, want %s", got, want)
	}
}

// Frames worked by hand for a picture of 400 x 200 pixels and an input of 100 x 100.
func TestFrames(t *testing.T) {
	for name, c := range map[string]struct {
		prep Prep
		want Frame
		seen image.Rectangle
	}{
		// Both sides on their own: 4 picture pixels an input pixel in x, 2 in y.
		"stretch": {Prep{Fit: Stretch}, Frame{X0: 0, Y0: 0, ScaleX: 4, ScaleY: 2}, image.Rect(0, 0, 400, 200)},
		// The shorter side fills 100 pixels at 2 each; 200 pixels of 400 are seen.
		"crop": {Prep{Fit: Crop}, Frame{X0: 100, Y0: 0, ScaleX: 2, ScaleY: 2}, image.Rect(100, 0, 300, 200)},
		// 250 x 125 pixels of 1.6. Of the 150 and 25 spare ones 75 lie left and, since 12 is even, 12 above.
		"crop after resize": {Prep{Fit: Crop, Resize: 125}, Frame{X0: 120, Y0: 19.2, ScaleX: 1.6, ScaleY: 1.6},
			image.Rect(120, 19, 280, 180)},
		// 254 x 127 pixels; 27 are spare in height, of which 14 lie above, since 14 is even.
		"crop, even margin": {Prep{Fit: Crop, Resize: 127}, Frame{X0: 77 * 400. / 254, Y0: 14 * 200. / 127,
			ScaleX: 400. / 254, ScaleY: 200. / 127}, image.Rect(121, 22, 279, 180)},
		// The same, 13 above.
		"crop, margin down": {Prep{Fit: Crop, Resize: 127, Margin: MarginDown},
			Frame{X0: 77 * 400. / 254, Y0: 13 * 200. / 127, ScaleX: 400. / 254, ScaleY: 200. / 127},
			image.Rect(121, 20, 279, 178)},
		// The longer side fills 100 pixels at 4 each; bars of 25 pixels = 100 below and above.
		"letterbox": {Prep{Fit: Letterbox}, Frame{X0: 0, Y0: -100, ScaleX: 4, ScaleY: 4}, image.Rect(0, 0, 400, 200)},
	} {
		p := c.prep
		p.Width, p.Height, p.Scale, p.Order = 100, 100, plain, "RGB"
		_, got, err := p.Tensor(image.NewNRGBA(image.Rect(0, 0, 400, 200)), ChannelsLast)
		if err != nil {
			t.Fatal(err)
		}
		c.want.PictureW, c.want.PictureH, c.want.ModelW, c.want.ModelH = 400, 200, 100, 100
		if near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }; !near(got.X0, c.want.X0) ||
			!near(got.Y0, c.want.Y0) || !near(got.ScaleX, c.want.ScaleX) || !near(got.ScaleY, c.want.ScaleY) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got.Seen() != c.seen {
			t.Errorf("%s: the model saw %v, want %v", name, got.Seen(), c.seen)
		}
		x, y := got.ToPicture(30, 70)
		if u, v := got.ToModel(x, y); math.Abs(u-30)+math.Abs(v-70) > 1e-9 {
			t.Errorf("%s: (30, 70) comes back as (%g, %g)", name, u, v)
		}
	}
}

// A picture 4 x 2, left half 10, right half 30: what arrives at an input of 2 x 2.
func TestFitsByHand(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for i := range 8 {
		v := uint8(10)
		if i%4 >= 2 {
			v = 30
		}
		img.SetNRGBA(i%4, i/4, color.NRGBA{v, v, v, 255})
	}
	for name, c := range map[string]struct {
		prep Prep
		want [4]float32
	}{
		// The middle 2 x 2, unscaled.
		"crop": {Prep{Fit: Crop}, [4]float32{10, 30, 10, 30}},
		// The picture, halved, is one row high; the spare row lies below. Three of the four columns
		// under each pixel weigh 3, 3 and 1 of 7: (3*10 + 3*10 + 30)/7 = 12.9.
		"letterbox": {Prep{Fit: Letterbox, Pad: 99}, [4]float32{13, 27, 99, 99}},
	} {
		p := c.prep
		p.Width, p.Height, p.Scale, p.Order = 2, 2, plain, "RGB"
		got, _, err := p.Tensor(img, ChannelsFirst)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range c.want {
			if got[i] != w {
				t.Errorf("%s: %v, want %v", name, got[:4], c.want)
			}
		}
	}
}

// One pixel (1, 2, 3) with mean (1, 0, 0) and scale (1, 2, 4), in every order:
// RGB gives 0, 1, 3/4; BGR gives (3-1)/1, 2/2, 1/4.
func TestChannelOrder(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.SetNRGBA(0, 0, color.NRGBA{1, 2, 3, 255})
	for order, want := range map[string][3]float32{"RGB": {0, 1, 0.75}, "BGR": {2, 1, 0.25}} {
		p := Prep{Width: 1, Height: 1, Fit: Stretch, Order: order, Mean: [3]float32{1, 0, 0}, Scale: [3]float32{1, 2, 4}}
		got, _, err := p.Tensor(img, ChannelsLast)
		if err != nil || [3]float32(got) != want {
			t.Errorf("%s: %v, want %v; %v", order, got, want, err)
		}
	}
}

// Two pixels, (1, 2, 3) and (4, 5, 6), in both layouts.
func TestLayouts(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.SetNRGBA(0, 0, color.NRGBA{1, 2, 3, 255})
	img.SetNRGBA(1, 0, color.NRGBA{4, 5, 6, 255})
	p := Prep{Width: 2, Height: 1, Fit: Stretch, Order: "RGB", Scale: plain}
	for layout, want := range map[Layout][6]float32{ChannelsLast: {1, 2, 3, 4, 5, 6}, ChannelsFirst: {1, 4, 2, 5, 3, 6}} {
		got, _, err := p.Tensor(img, layout)
		if err != nil || [6]float32(got) != want {
			t.Errorf("%s: %v, want %v; %v", layout, got, want, err)
		}
	}
}

func TestValidate(t *testing.T) {
	good := Prep{Width: 8, Height: 8, Fit: Crop, Order: "RGB", Scale: plain}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Prep){
		"size 0 x 8":       func(p *Prep) { p.Width = 0 },
		"size 8 x 9000":    func(p *Prep) { p.Height = 9000 },
		`fit "squeeze"`:    func(p *Prep) { p.Fit = "squeeze" },
		`order "rgb"`:      func(p *Prep) { p.Order = "rgb" },
		"resize 4 is":      func(p *Prep) { p.Resize = 4 },
		"mean [NaN 0 0]":   func(p *Prep) { p.Mean[0] = float32(math.NaN()) },
		"margin \"up\" is": func(p *Prep) { p.Margin = "up" },
		`filter "sharp"`:   func(p *Prep) { p.Filter = "sharp" },
		"is missing":       func(p *Prep) { p.Scale = [3]float32{} },
		"divides by zero":  func(p *Prep) { p.Scale[1] = 0 },
		"or is no number":  func(p *Prep) { p.Scale[1] = float32(math.NaN()) },
		"resize -1 is not": func(p *Prep) { p.Resize = -1 },
	} {
		p := good
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if _, _, err := p.Tensor(image.NewNRGBA(image.Rect(0, 0, 1, 1)), ChannelsLast); err == nil {
			t.Errorf("%s: a picture was prepared", want)
		}
	}
	if _, _, err := good.Tensor(nil, ChannelsLast); err == nil {
		t.Error("no picture, and no error")
	}
}

// A row of 6 pixels scaled to 9 (nearest: to 8) and to 4, as PIL 13.0.0 does by each filter; it rounds
// its weights, so a level of difference is allowed.
func TestFiltersAsPIL(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 6, 2))
	for i := range 12 {
		v := []uint8{10, 10, 200, 120, 0, 255}[i%6]
		img.SetNRGBA(i%6, i/6, color.NRGBA{v, v, v, 255})
	}
	for filter, rows := range map[Filter][][]float32{
		Nearest:  {{10, 10, 10, 200, 120, 0, 0, 255}, {10, 200, 120, 255}},
		Bilinear: {{10, 10, 42, 168, 160, 100, 20, 128, 255}, {10, 128, 89, 159}},
		Bicubic:  {{10, 0, 34, 182, 179, 98, 0, 128, 255}, {1, 138, 82, 161}},
		Lanczos:  {{15, 0, 38, 180, 201, 83, 0, 130, 255}, {0, 147, 79, 154}},
	} {
		for _, want := range rows {
			p := Prep{Width: len(want), Height: 2, Fit: Stretch, Filter: filter, Scale: plain, Order: "RGB"}
			got, _, err := p.Tensor(img, ChannelsFirst)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range want {
				if !(math.Abs(float64(got[i]-v)) <= 1) {
					t.Errorf("%s to %d: %v, want %v", filter, len(want), got[:len(want)], want)
					break
				}
			}
		}
	}
}

// Resize with Stretch: both sides become 20 pixels, of which the middle 10 are seen.
func TestStretchAndCut(t *testing.T) {
	p := Prep{Width: 10, Height: 10, Fit: Stretch, Resize: 20, Scale: plain, Order: "RGB"}
	_, f, err := p.Tensor(image.NewNRGBA(image.Rect(0, 0, 400, 200)), ChannelsLast)
	if err != nil || f.Seen() != image.Rect(100, 50, 300, 150) {
		t.Errorf("the model saw %v, %v", f.Seen(), err)
	}
}

// Mean and scale are three numbers or one; nothing is cut off or made up.
func TestPrepFromJSON(t *testing.T) {
	const rest = `"width": 8, "height": 8, "fit": "crop", "order": "RGB"`
	for text, want := range map[string][2][3]float32{
		`{` + rest + `, "mean": [1, 2, 3], "scale": [4, 5, 6]}`: {{1, 2, 3}, {4, 5, 6}},
		`{` + rest + `, "mean": [127], "scale": [128]}`:         {{127, 127, 127}, {128, 128, 128}},
	} {
		var p Prep
		if err := json.Unmarshal([]byte(text), &p); err != nil || p.Mean != want[0] || p.Scale != want[1] || p.Width != 8 ||
			p.Validate() != nil {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
	for text, want := range map[string]string{
		`{"mean": [1, 2]}`:               "the mean has 2 numbers",
		`{"scale": [1, 2, 3, 4, 5]}`:     "the scale has 5 numbers",
		`{"std": [1, 2, 3]}`:             "of pixels of 0 to 255 is the scale",
		`{"mean": [1, 2, 3], "wide": 1}`: "there is no field",
		`{"mean": "127"}`:                "mean",
	} {
		p := Prep{Width: 3}
		if err := json.Unmarshal([]byte(text), &p); err == nil || !strings.Contains(err.Error(), want) ||
			p != (Prep{Width: 3}) {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
}
