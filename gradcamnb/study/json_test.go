package study

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
)

// A summary of very many classes is bounded: 1,250 classes by 20 cells are 25,000 rows, of which 20,000 are written,
// the first 2,000 with their mean maps, so that 250 classes are left out.
func TestManyClasses(t *testing.T) {
	s := &Summary{}
	mean := make([]float64, side*side)
	for i := range mean {
		mean[i] = 1.0 / 7 / float64(i+1)
	}
	for class := range 1250 {
		for cell := range 20 {
			s.Classes = append(s.Classes, ClassMean{Cell: Cell{"net", "layer4", strconv.Itoa(cell)},
				Class: fmt.Sprint("class ", class), N: 1, Mean: mean, Where: "top, 50 %"})
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Classes []struct {
			Class string
			Mean  []float64 `json:"mean_map"`
		}
		LeftOut int `json:"classes_left_out"`
	}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	means := 0
	for _, c := range back.Classes {
		if c.Mean != nil {
			means++
		}
	}
	if len(back.Classes) != 20000 || back.LeftOut != 250 || means != 2000 || len(text) > 8<<20 {
		t.Errorf("%d rows, %d classes left out, %d mean maps, %d bytes", len(back.Classes), back.LeftOut, means, len(text))
	}
	if got := back.Classes[0].Mean[2]; got != 0.04762 { // 1/21 with four digits
		t.Errorf("a share of 1/21 is written as %g", got)
	}
}
