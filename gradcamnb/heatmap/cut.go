package heatmap

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/internal/quantile"
	"github.com/gradcam-go/gradcam/internal/radix"
)

// Cut says how the threshold of a map is chosen. Values of at least the threshold are hot.
type Cut struct {
	name  string // in cuts
	value float64
}

// cuts are the functions that choose a threshold, by the name with which a cut's text begins.
var cuts = map[string]func(g Grid, value float64) (float64, error){
	"over":     func(_ Grid, value float64) (float64, error) { return value, nil },
	"share":    cutHighest,
	"quantile": quantileOf,
	"otsu":     func(g Grid, _ float64) (float64, error) { return otsu(g) },
}

// CutAt returns a cut at a value, in the map's unit.
func CutAt(value float64) Cut { return Cut{"over", value} }

// CutAtShare returns a cut at a share of the map's highest value, such as 0.2 (Zhou et al. 2016, arXiv:1512.04150,
// section 3.2).
func CutAtShare(share float64) Cut { return Cut{"share", share} }

// CutAtQuantile returns a cut at the q-quantile of the map's values, with q from 0 to 1. It interpolates between two
// values as numpy's quantile does by default.
func CutAtQuantile(q float64) Cut { return Cut{"quantile", q} }

// CutByOtsu returns a cut at the value t of the map that divides its values best. That is the t with the highest
//
//	w0(t) w1(t) (m0(t) - m1(t))^2
//
// Here w is the share and m the mean of the values below t (0) and of the others (1). It is equation 14 of Otsu 1979,
// "A Threshold Selection Method from Gray-Level Histograms".
func CutByOtsu() Cut { return Cut{"otsu", 0} }

// ParseCut reads a cut: "over:1.5", "share:0.2", "quantile:0.9" or "otsu".
func ParseCut(text string) (Cut, error) {
	name, number, given := strings.Cut(text, ":")
	const what = `write "over:VALUE" in the map's unit, "share:0.2" of its highest value, "quantile:0.9" or "otsu"`
	if cuts[name] == nil {
		return Cut{}, fmt.Errorf("there is no cut %q: %s", text, what)
	}
	if name == "otsu" {
		if given {
			return Cut{}, errors.New(`"otsu" takes no number`)
		}
		return CutByOtsu(), nil
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return Cut{}, fmt.Errorf("the cut %q has no number: %s", text, what)
	}
	c := Cut{name, value}
	return c, c.check()
}

// check returns an error if the cut has no valid number.
func (c Cut) check() error {
	switch {
	case cuts[c.name] == nil:
		return errors.New("no cut is given: take CutAtShare(0.2), CutByOtsu() or another")
	case math.IsNaN(c.value) || math.IsInf(c.value, 0):
		return fmt.Errorf("the cut %s has no number", c)
	case (c.name == "share" || c.name == "quantile") && (c.value < 0 || c.value > 1):
		return fmt.Errorf("the cut %s must be from 0 to 1", c)
	}
	return nil
}

// String returns the text that ParseCut reads.
func (c Cut) String() string {
	if c.name == "otsu" {
		return c.name
	}
	return c.name + ":" + strconv.FormatFloat(c.value, 'g', -1, 64)
}

// Threshold returns the value at which the grid is cut. It returns an error if the share or quantile is not from 0 to
// 1, or if no threshold divides the grid: no value is above 0 for a share, or all values are the same for Otsu.
func (c Cut) Threshold(g Grid) (float64, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	return cuts[c.name](g, c.value)
}

func cutHighest(g Grid, share float64) (float64, error) {
	_, highest, ok := g.Range()
	if !ok || highest <= 0 {
		return 0, errors.New("no value of the map is above 0, so there is no share of the highest")
	}
	return share * float64(highest), nil
}

// sortedValues returns the values of the grid without NaN, in rising order.
func sortedValues(g Grid) []float64 {
	values := radix.Sorted(slices.DeleteFunc(slices.Clone(g.Values), func(v float32) bool { return v != v }))
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func quantileOf(g Grid, q float64) (float64, error) {
	all := sortedValues(g)
	if len(all) == 0 {
		return 0, errors.New("the map has no numbers")
	}
	return quantile.Interpolate(all, q), nil
}

func otsu(g Grid) (float64, error) {
	all := sortedValues(g)
	if len(all) == 0 || all[0] == all[len(all)-1] {
		return 0, errors.New("the map has the same value everywhere, so it has no two parts")
	}
	total := 0.0
	for _, v := range all {
		total += v
	}
	best, at, sum := -1.0, 0.0, 0.0
	for i, v := range all {
		if i > 0 && v > all[i-1] {
			n0, n1 := float64(i), float64(len(all)-i)
			apart := sum/n0 - (total-sum)/n1
			if between := n0 * n1 * apart * apart; between > best {
				best, at = between, v
			}
		}
		sum += v
	}
	return at, nil
}
