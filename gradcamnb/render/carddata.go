package render

import (
	"fmt"
	"image"
	"maps"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// cardData is the data that the card's script reads.
type cardData struct {
	Open    [2]int       `json:"open"` // the result and the map that are shown first
	Opacity float64      `json:"opacity"`
	Colors  []cardColor  `json:"colors"`          // the first one is chosen
	Range   *[2]float32  `json:"range,omitempty"` // of the colours; nil if each map has its own
	Results []cardResult `json:"results"`
	Live    *Live        `json:"live,omitempty"`
	Film    bool         `json:"film,omitempty"` // the results are frames, one after the other
}

type cardColor struct {
	Name   string `json:"name"`
	Stops  string `json:"stops"` // rrggbb at equal distances
	Signed bool   `json:"signed,omitempty"`
}

type cardResult struct {
	Name    string       `json:"name,omitempty"`
	Model   string       `json:"model"`
	Made    string       `json:"made"` // backend and time
	Picture string       `json:"picture,omitempty"`
	Has     bool         `json:"hasPicture"`
	Size    [2]int       `json:"size"`             // at which it is shown, or a slice of it
	Slices  int          `json:"slices,omitempty"` // of a volume, whose picture has them one below another
	Frame   imgio.Frame  `json:"frame"`
	Seen    [4]int       `json:"seen"` // left, top, right, bottom in the picture's pixels
	Truth   *heatmap.Box `json:"truth,omitempty"`
	Found   []cardFound  `json:"found,omitempty"` // by a detector, the surest first
	Top     []cardPredic `json:"top"`
	Maps    []CardMap    `json:"maps"`
}

// cardFound is a detection that a card draws on the picture, to be chosen.
type cardFound struct {
	Box   *heatmap.Box `json:"box"`   // null of one without area
	Words string       `json:"words"` // number, class and score
}

type cardPredic struct {
	Index       int      `json:"index"`
	Label       string   `json:"label"`
	Of          string   `json:"of,omitempty"` // what the index counts, if not classes
	Score       *float64 `json:"score"`
	Probability *float64 `json:"p"`
}

// CardMap is one map as the card's script reads it.
type CardMap struct {
	Layer     string         `json:"layer"`              // that it was made at
	Method    string         `json:"method"`             // that made it
	Target    string         `json:"target"`             // what it explains
	Class     string         `json:"class"`              // label of the explained class; empty if there is none
	Index     int            `json:"index"`              // number of the class
	Score     *float64       `json:"score"`              // of the target
	ScoreUnit string         `json:"scoreUnit"`          // of that score
	Unit      string         `json:"unit"`               // of the map's values
	Diagnosis string         `json:"diagnosis"`          // what is odd about the map, in words
	Trust     []string       `json:"trust,omitempty"`    // sentences
	Size      [2]int         `json:"size"`               // of the model's input, width and height, of a volume of a slice
	Grid      [2]int         `json:"grid"`               // of the layer, likewise
	Kept      [2]int         `json:"kept"`               // width and height of the embedded values, likewise
	Slices    *[2]int        `json:"slices,omitempty"`   // of a volume: those of the layer and of the model's input
	Lo        float64        `json:"lo"`                 // value of the lowest colour
	Hi        float64        `json:"hi"`                 // value of the highest colour
	Values    string         `json:"values"`             // base64 of uint16, little endian: 0 is Lo, 65534 is Hi, 65535 is NaN
	Field     *heatmap.Field `json:"field,omitempty"`    // receptive field of a cell
	Note      string         `json:"note,omitempty"`     // what was taken for what the user wrote
	Pixels    bool           `json:"pixels,omitempty"`   // the map has a value of its own for every pixel
	P         *float64       `json:"p,omitempty"`        // probability of what is explained
	Rank      int            `json:"rank,omitempty"`     // of the class among the predictions, from 1
	Of        int            `json:"of,omitempty"`       // number of classes that are ranked
	Head      string         `json:"head,omitempty"`     // output of the class, if it is not the first
	Top       []cardPredic   `json:"top,omitempty"`      // predictions of the head, instead of the result's
	Box       *heatmap.Box   `json:"box,omitempty"`      // of the detection that is explained
	Found     int            `json:"found,omitempty"`    // rank of that detection, from 1
	Measured  []cardMeasure  `json:"measured,omitempty"` // values of the metrics
}

// cardMeasure is the value of one metric of a map.
type cardMeasure struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"`
}

func newCardResult(r *heatmap.Result) (c cardResult, picture string, err error) {
	w, h := stageSize(r)
	seen := r.Frame.Seen()
	if r.Picture == nil {
		seen = image.Rect(0, 0, r.Frame.PictureW, r.Frame.PictureH)
	}
	c = cardResult{
		Name: clean(r.Name), Model: clean(r.Model), Made: timing(r), Has: r.Picture != nil, Size: [2]int{w, h},
		Frame: r.Frame, Seen: corners(seen),
		Top: []cardPredic{}, Maps: []CardMap{},
	}
	volume := r.Maps[0].Grid // maps of one result are all of pictures, or all of volumes
	if n := volume.Slices; n > 0 {
		one := slice(volume)
		c.Slices, c.Frame = n, imgio.WholeFrame(one[0], one[1])
		c.Seen = [4]int{0, 0, one[0], one[1]}
		c.Size[0], c.Size[1] = stagedSize(one[0], one[1])
	}
	if r.Truth.Area() > 0 {
		c.Truth = &r.Truth
	}
	c.Top = append(c.Top, cardPredictions(r.Top)...)
	for i, d := range r.Detections {
		found := cardFound{Words: clean(foundWords(r.Detections, i+1))}
		if a := d.Box.Area(); a > 0 && !math.IsInf(a, 0) {
			found.Box = &d.Box
		}
		c.Found = append(c.Found, found)
	}
	for _, m := range r.Maps {
		c.Maps = append(c.Maps, NewCardMap(m))
	}
	switch {
	case r.Picture == nil:
	case c.Slices > 0: // the strip for the still figure, and the slices for the script
		if c.Picture, err = jpegURL(tower(r, c.Slices)); err != nil {
			return c, "", err
		}
		strip := newStrip(volume)
		w, h = stagedSize(strip.size())
		picture, err = jpegURL(shrunk(strip.picture(r.Picture), w, h))
	default:
		picture, err = jpegURL(shrunk(r.Picture, w, h))
	}
	return c, picture, err
}

// NewCardMap returns a map as the card's script reads it.
func NewCardMap(m *heatmap.Map) CardMap {
	raw := m.Evidence()
	if raw.Beyond != [2][2]float64{} { // the script spreads a map over the whole picture
		raw = m.Signed()
	}
	kept := averageCells(raw)
	lo, hi := bounds(kept)
	c := CardMap{
		Layer: clean(m.Layer), Method: clean(m.Method), Target: clean(m.Target), Class: clean(m.Class), Index: m.Index,
		Score: finite(m.Score), ScoreUnit: clean(m.ScoreUnit), Unit: clean(m.Unit), Diagnosis: clean(m.Diagnosis),
		Size: slice(m.Grid), Grid: slice(raw), Kept: slice(kept),
		Lo: lo, Hi: hi, Values: pack(kept, lo, hi), Field: m.Field, Measured: measures(m),
		Note: clean(m.Note), Pixels: isPerPixel(m), Head: clean(m.Head), Top: cardPredictions(m.Top),
		Found: m.Found,
	}
	if m.Slices > 0 {
		c.Slices = &[2]int{raw.Slices, m.Slices}
	}
	if m.Trust != nil {
		c.Trust = m.Trust.Words
	}
	if m.Rank > 0 {
		c.P, c.Rank, c.Of = finite(m.Probability), m.Rank, m.Classes
	}
	if m.Box.Area() > 0 {
		c.Box = &m.Box
	}
	return c
}

// slice returns the width and height of a grid, or of one slice of a volume.
func slice(g heatmap.Grid) [2]int { return [2]int{g.W, g.H / max(1, g.Slices)} }

func cardPredictions(list []heatmap.Prediction) (out []cardPredic) {
	for _, p := range list {
		out = append(out, cardPredic{p.Index, clean(p.Label), clean(p.Of), finite(p.Score), finite(p.Probability)})
	}
	return out
}

func measures(m *heatmap.Map) []cardMeasure {
	var out []cardMeasure
	for _, name := range slices.Sorted(maps.Keys(m.Metrics)) {
		out = append(out, cardMeasure{clean(name), finite(float32(m.Metrics[name]))})
	}
	return out
}

// cardColors returns the registered colour maps, the chosen one first.
func cardColors(chosen ColorMap) []cardColor {
	const stops = 33
	pack := func(m ColorMap) cardColor {
		c := cardColor{Name: m.Name, Signed: m.Name == BlueRed.Name}
		for i := range stops {
			at := m.At(float64(i) / (stops - 1))
			c.Stops += fmt.Sprintf("%02x%02x%02x", at.R, at.G, at.B)
		}
		return c
	}
	out := []cardColor{pack(chosen)}
	for _, m := range colorMaps {
		if m.Name != chosen.Name {
			out = append(out, pack(m))
		}
	}
	return out
}

func corners(r image.Rectangle) [4]int { return [4]int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y} }
