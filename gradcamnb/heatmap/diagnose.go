package heatmap

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// noise is the largest share of its [Map.Gross] that a map can have by rounding alone. A gradient that went back
// through some hundred float32 operations has a relative error of a few 1e-6. Adding up the terms brings an error of
// 2^-24 for each, in part at random; 1e-5 is 170 times 2^-24. A true map is far larger: otherwise its terms would have
// to cancel to five digits in every cell.
const noise = 1e-5

// saturated is the distance 1 - p of a softmax probability from 1 below which its gradient, which is proportional to
// 1 - p, is lost in rounding. float32 has 1 - p to 6e-8, which is one part in a hundred here.
const saturated = 6e-6

// Diagnose returns a sentence that says what is wrong with the map, so that an empty picture is never shown without a
// reason. It returns an empty text if nothing is wrong.
func (m *Map) Diagnose() string {
	lo, hi, bad := m.bounds()
	n := len(m.Raw.Values)
	switch {
	case n == 0:
		return "The map has no cells."
	case bad > 0:
		return fmt.Sprintf("%d of the map's %d values are not numbers (NaN or infinite): the picture or the model's weights hold such values, or the model overflows.", bad, n)
	case m.Sampled != nil:
		return cmp.Or(m.diagnoseDraw(), m.diagnoseFlat(lo, hi))
	}
	said, flat := m.diagnoseZero(lo, hi), m.diagnoseFlat(lo, hi)
	switch {
	case said != "":
		return said
	case max(hi, -lo) < noise*m.Gross:
		return fmt.Sprintf("The map is rounding noise: its largest value, %.3g, is %.1g of what its terms add up to without their signs. They cancel, as those of HiResCAM do at a layer that is only read through a layer norm over its channels; take LayerCAM at %s, or a layer after the norm.", max(hi, -lo), max(hi, -lo)/m.Gross, m.Layer)
	case hi <= 0:
		return m.diagnoseNegative(lo)
	case flat != "":
		return flat
	case m.Warped:
		return fmt.Sprintf("The model itself moves cells before layer %s, with a grid (GridSample): each cell is drawn where it is in the layer, and what it saw may lie elsewhere in the picture.", m.Layer)
	case m.Beside != "":
		return fmt.Sprintf("The answer does not go through layer %s alone: it reads layer %s, too, which this map does not show. Explain at both.", m.Layer, m.Beside)
	}
	return ""
}

// diagnoseFlat returns what is wrong with a map of one value.
func (m *Map) diagnoseFlat(lo, hi float32) string {
	if lo < hi || len(m.Raw.Values) == 1 {
		return ""
	}
	return fmt.Sprintf("The map is the same everywhere (%.3g): it says nothing about places.", hi)
}

// bounds returns the lowest and the highest value of the map, and the number of values that are NaN or infinite.
func (m *Map) bounds() (lo, hi float32, bad int) {
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range m.Raw.Values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			bad++
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi, bad
}

// diagnoseMasks returns what is wrong with a map that was made by hiding parts of the picture.
func (m *Map) diagnoseMasks(lo, hi float32) string {
	switch {
	case lo == 0 && hi == 0:
		return fmt.Sprintf("The map is zero everywhere: nothing that is hidden moves the target %s. Hide larger parts, by a coarser grid, or look at another target.", m.Target)
	case hi <= 0:
		return fmt.Sprintf("The map is nowhere positive (its lowest value is %.3g): whatever is hidden, the target %s does not score less. Look at the signed map, or at another target.", lo, m.Target)
	}
	return ""
}

// diagnoseZero returns why a map is zero, or nothing but rounding.
func (m *Map) diagnoseZero(lo, hi float32) string {
	switch {
	case m.place() == AtMasks:
		return m.diagnoseMasks(lo, hi)
	case m.ScoreUnit == "probability" && m.Score > 1-saturated:
		return fmt.Sprintf("The softmax is saturated: the probability of the target %s is 1 but for %.0e, so nothing moves it and the map is rounding. Explain the logit of the class instead of its probability.", m.Target, 1-m.Score)
	case lo != 0 || hi != 0:
		return ""
	case m.place() == AtPicture:
		return fmt.Sprintf("The map is zero everywhere: nothing in the picture moves the target %s. A saturated softmax or a dead ReLU does that; explain the logit instead of the probability, or look at another target.", m.Target)
	}
	return fmt.Sprintf("The map is zero everywhere: at layer %s nothing moves the target %s for this picture. A saturated softmax or a dead ReLU does that; explain the logit instead of the probability, or choose another layer.", m.Layer, m.Target)
}

// diagnoseNegative returns why a map of gradients has no positive value.
func (m *Map) diagnoseNegative(lo float32) string {
	switch {
	case m.Box.Area() > 0 && m.place() == AtLayer && !m.KeepsCells:
		return fmt.Sprintf("The map is nowhere positive (its lowest value is %.3g). The score of a box comes from few cells of layer %s, and a method that averages the gradient over all of them, as Grad-CAM does, loses it: take HiResCAM, which does not, or D-RISE, which needs no layer.", lo, m.Layer)
	case m.place() == AtPicture:
		return fmt.Sprintf("The map is nowhere positive (its lowest value is %.3g): what the model sees speaks against the target %s everywhere. Look at the signed map, or at another target.", lo, m.Target)
	}
	return fmt.Sprintf("The map is nowhere positive (its lowest value is %.3g): what layer %s sees speaks against the target %s everywhere. Look at the signed map, or at another target.", lo, m.Layer, m.Target)
}

// diagnoseDraw returns what is wrong with a map of random masks: if all masks score the same, the map shows only how
// evenly they cover the picture.
func (m *Map) diagnoseDraw() string {
	w := m.Sampled.Weights
	if len(w) < 2 {
		return ""
	}
	lo, hi := slices.Min(w), slices.Max(w)
	if hi-lo > noise*max(hi, -lo) {
		return ""
	}
	return fmt.Sprintf("The map is chance, all masks score alike: the target %s scores %.3g under each of the %d masks, and what is seen is only how evenly they lie. Show more of the picture or less (p), or look at another target.", m.Target, hi, len(w))
}
