package notebooks

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// cardResult is what of a card's result is looked at.
type cardResult struct {
	Name string
	Maps []render.CardMap
}

// part is a part of a picture: left, top, right and bottom as shares of its sides.
type part [4]float64

// quarter returns the k-th quarter of a picture, row by row.
func quarter(k int) part {
	x, y := float64(k%2)/2, float64(k/2)/2
	return part{x, y, x + 0.5, y + 0.5}
}

// drawnQuarters returns the quarters of the things in a notebook's scene of 32 x 32 pixels, in their order. Before the
// notebook chooses them it draws so many numbers below most for each pixel.
func drawnQuarters(perPixel, most int) []int {
	r := rand.New(rand.NewPCG(40, 2))
	for range perPixel * 32 * 32 {
		r.IntN(most)
	}
	return r.Perm(4)
}

// looks hold what the notebooks about GoMLX's networks say of the maps in their card.
var looks = map[string]func(t *testing.T, results []cardResult){
	"cifar.ipynb": func(t *testing.T, results []cardResult) { // alone, and beside an automobile, the ship is where it is
		checkLook(t, results[0], "ship", quarter(drawnQuarters(3, 60)[0]), 0.7)
		checkLook(t, results[1], "ship", quarter(drawnQuarters(3, 60)[1]), 0.8)
	},
	"transfer.ipynb": func(t *testing.T, results []cardResult) { // each answer's map lies on its own half
		checkLook(t, results[0], "cat", part{0, 0, 0.5, 1}, 0.9)
		checkLook(t, results[0], "coffee", part{0.5, 0, 1, 1}, 0.8)
	},
	"watching.ipynb": func(t *testing.T, results []cardResult) { // the network learns to look at the upright stripes
		if len(results) != 10 {
			t.Fatalf("the film has %d frames, want one for every tenth of a hundred steps", len(results))
		}
		upright := quarter(drawnQuarters(1, 50)[0])
		checkLook(t, results[9], "vertical", upright, 0.8)
		if before := share(t, results[0].Maps[0], upright); before > 0.5 {
			t.Errorf("%.2f of the map lies on the upright stripes after %s, so there is nothing to watch", before,
				results[0].Name)
		}
	},
}

// checkLook checks that at least a share of the positive map of a class lies in a part of the picture.
func checkLook(t *testing.T, r cardResult, class string, in part, atLeast float64) {
	t.Helper()
	for _, m := range r.Maps {
		if m.Class != class {
			continue
		}
		if got := share(t, m, in); !(got >= atLeast) {
			t.Errorf("%.2f of the map of %s lies in %v, want %.2f", got, class, in, atLeast)
		}
		return
	}
	t.Errorf("there is no map of %s", class)
}

// share returns how much of the positive part of a map lies in a part of the picture.
func share(t *testing.T, m render.CardMap, in part) float64 {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(m.Values)
	if err != nil || len(packed) != 2*m.Kept[0]*m.Kept[1] {
		t.Fatalf("%d bytes of a map of %v: %v", len(packed), m.Kept, err)
	}
	var all, within float64
	for cell := range m.Kept[0] * m.Kept[1] {
		v := max(0, m.Lo+float64(binary.LittleEndian.Uint16(packed[2*cell:]))/65534*(m.Hi-m.Lo))
		x := (float64(cell%m.Kept[0]) + 0.5) / float64(m.Kept[0])
		y := (float64(cell/m.Kept[0]) + 0.5) / float64(m.Kept[1])
		all += v
		if x >= in[0] && y >= in[1] && x < in[2] && y < in[3] {
			within += v
		}
	}
	return within / all
}

// lastCard returns the results of the last card that the notebook shows.
func (nb notebook) lastCard(t *testing.T) []cardResult {
	t.Helper()
	var card struct{ Results []cardResult }
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			lines, ok := o.Data["text/html"].([]any)
			if !ok {
				continue
			}
			var html strings.Builder
			for _, line := range lines {
				fmt.Fprint(&html, line)
			}
			_, data, ok := strings.Cut(html.String(), `{"open"`)
			if !ok {
				continue
			}
			card.Results = nil
			if err := json.NewDecoder(strings.NewReader(`{"open"` + data)).Decode(&card); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(card.Results) == 0 {
		t.Fatal("the notebook shows no card")
	}
	return card.Results
}

// The maps in the notebooks as they lie here are where the notebooks say; TestNotebooksRun asks the same of those that
// it runs.
func TestNotebooksLookWhereTheySay(t *testing.T) {
	for name, look := range looks {
		t.Run(name, func(t *testing.T) { look(t, read(t, name).lastCard(t)) })
	}
}
