package metrics

import (
	"math"
	"reflect"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// The pictures of a batch see the same random sets, which are those that each would draw by itself.
func TestScatteredOnce(t *testing.T) {
	of := scatter{seed: 3, n: 4, size: 5, pixels: 64}
	var alone *Batch
	together := &Batch{}
	first := together.scattered(of)
	if again := together.scattered(of); &again[0][0] != &first[0][0] || !reflect.DeepEqual(first, alone.scattered(of)) {
		t.Error("the sets are drawn again, or are others")
	}
	of.seed = 4
	if other := together.scattered(of); reflect.DeepEqual(first, other) || !reflect.DeepEqual(other, alone.scattered(of)) {
		t.Error("another seed has the same sets")
	}
}

// batchOf is a batch of square maps, a map a picture, with predictions.
func batchOf(side int, maps [][]float64, predictions []int) *Batch {
	b := &Batch{}
	for i, values := range maps {
		scores := make([]float32, 10)
		scores[predictions[i]] = 1
		b.Maps = append(b.Maps, []*heatmap.Map{peers{Side: side}.mapOf(values)})
		b.Scores = append(b.Scores, scores)
	}
	return b
}

// measureBatch measures the map of every picture of a batch.
func measureBatch(t *testing.T, metric Metric, b *Batch) []float64 {
	t.Helper()
	var out []float64
	for i, maps := range b.Maps {
		got, err := metric.Measure(t.Context(), &Probe{Maps: maps, Batch: b, At: i})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got[0])
	}
	return out
}

// Two maps lie in the upper left corner and two in the lower right; of the pictures the first two are predicted to be
// different things, the others the same. The corners are the largest distance apart, and the two in one corner none.
func TestBatchByHand(t *testing.T) {
	b := batchOf(3, [][]float64{{9, 1, 1, 1, 1, 1, 1, 1, 1}, {9, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 9},
		{1, 1, 1, 1, 1, 1, 1, 1, 9}}, []int{0, 1, 2, 2})
	for _, metric := range []Metric{Sufficiency, Consistency} {
		for i, got := range measureBatch(t, metric, b) {
			if want := []float64{0, 0, 1, 1}[i]; got != want {
				t.Errorf("%s of picture %d is %g, want %g", metric.Name, i, got, want)
			}
		}
		alone := batchOf(2, [][]float64{{1, 2, 3, 4}}, []int{0})
		if got := measureBatch(t, metric, alone)[0]; !math.IsNaN(got) {
			t.Errorf("%s of a picture alone is %g", metric.Name, got)
		}
		if _, err := metric.Measure(t.Context(), &Probe{Maps: alone.Maps[0]}); err == nil {
			t.Errorf("%s has a value without other pictures", metric.Name)
		}
		none := batchOf(2, [][]float64{{4, 2, 3, 1}, {math.NaN(), 2, 3, 1}, {4, 2, 3, 1}}, []int{0, 1, 0})
		if got := measureBatch(t, metric, none); got[0] != 1 || !math.IsNaN(got[1]) || got[2] != 1 {
			t.Errorf("%s beside a map that is no numbers: %v", metric.Name, got)
		}
	}
}

// Maps without a positive part lie nowhere, and so not where another of them lies, nor one that is hot in its first
// ninth.
func TestConsistencyOfEmptyMaps(t *testing.T) {
	b := batchOf(2, [][]float64{{0, 0, 0, 0}, {-1, -2, -3, -4}, {4, 1, 2, 3}, {0, 0, 0, 0}}, []int{0, 0, 0, 0})
	for i, got := range measureBatch(t, Consistency, b) {
		if got > 0 {
			t.Errorf("picture %d is alike with others: %g", i, got)
		}
	}
}

// The numbers of a batch are those of Quantus 0.6.0.
func TestPeersAgreeOnBatch(t *testing.T) {
	p := readPeers(t).Batch
	b := batchOf(p.Side, p.Maps, p.Predictions)
	for _, c := range []struct {
		metric Metric
		want   []float64
	}{{Sufficiency, p.Sufficiency}, {Consistency, p.Consistency}} {
		if len(c.want) != len(p.Maps) || len(c.want) == 0 {
			t.Fatalf("%d values for %d maps", len(c.want), len(p.Maps))
		}
		for i, got := range measureBatch(t, c.metric, b) {
			wantNear(t, c.metric.Name, got, c.want[i])
		}
	}
}
