package study

import (
	"encoding/json"
	"math"
	"strconv"
)

// number is a float that JSON writes as null if it is NaN or infinite.
type number float64

// MarshalJSON writes a number, or null.
func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// These are the bounds of what summary.json has of where the maps of classes lie, the commonest classes first. A
// thousand classes by twenty methods and layers have 20,000 such rows, whose mean maps would take 30 MB.
const (
	mostRows  = 20000
	mostMeans = 2000 // rows with a mean map
)

// share is a part of 1, written with four digits.
type share float64

// MarshalJSON writes a number of four digits.
func (s share) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(s), 'g', 4, 64), nil
}

func shares(values []float64) []share {
	out := make([]share, len(values))
	for i, v := range values {
		out[i] = share(v)
	}
	return out
}

type cellJSON struct {
	Model  string `json:"model"`
	Layer  string `json:"layer"`
	Method string `json:"method"`
}

type numberJSON struct {
	cellJSON
	Metric string `json:"metric"`
	Maps   int    `json:"maps"`
	Mean   number `json:"mean"`
	StdErr number `json:"std_err"`
	Lo     number `json:"ci95_low"`
	Hi     number `json:"ci95_high"`
}

type comparisonJSON struct {
	A          cellJSON `json:"a"`
	B          cellJSON `json:"b"`
	Metric     string   `json:"metric"`
	Pairs      int      `json:"pairs"`
	Difference number   `json:"mean_difference"`
	StdErr     number   `json:"std_err"`
	P          number   `json:"p_holm"`
}

type rankJSON struct {
	cellJSON
	Metric   string `json:"metric"`
	Pictures int    `json:"pictures"`
	Mean     number `json:"mean_rank"`
	Critical number `json:"critical_difference"`
}

type curveJSON struct {
	cellJSON
	Metric string   `json:"metric"`
	Maps   int      `json:"maps"`
	Mean   []number `json:"mean"`
	Half   []number `json:"ci95_half"`
}

type boxJSON struct {
	cellJSON
	Metric  string   `json:"metric"`
	Maps    int      `json:"maps"`
	Low     number   `json:"low"`
	Q1      number   `json:"q1"`
	Median  number   `json:"median"`
	Q3      number   `json:"q3"`
	Upmost  number   `json:"high"`
	Outside []number `json:"outside"`
}

type classJSON struct {
	cellJSON
	Class string  `json:"class"`
	Maps  int     `json:"maps"`
	Where string  `json:"where"`
	Mean  []share `json:"mean_map,omitempty"`
}

type clusterJSON struct {
	cellJSON
	Class    string   `json:"class,omitempty"`
	Maps     int      `json:"maps"`
	Of       int      `json:"of"`
	Right    int      `json:"right"`
	Where    string   `json:"where"`
	Mean     []share  `json:"mean_map"`
	Examples []string `json:"examples"`
}

func numbers(values []float64) []number {
	out := make([]number, len(values))
	for i, v := range values {
		out[i] = number(v)
	}
	return out
}

type answersJSON struct {
	Model        string `json:"model"`
	Labelled     int    `json:"labelled"`
	Right        int    `json:"right"`
	Unlisted     int    `json:"labels_of_no_class"`
	UnknownLabel string `json:"label_of_no_class,omitempty"`
}

type failureJSON struct {
	Picture string `json:"picture"`
	Model   string `json:"model,omitempty"` // if there are several, and only this one failed
	Error   string `json:"error"`
}

type exampleJSON struct {
	cellJSON
	Picture string `json:"picture"`
	Target  string `json:"target"`
	Value   number `json:"value"`
}

// MarshalJSON writes the summary as in summary.json: keys in snake case, and null for a number without a value.
func (s *Summary) MarshalJSON() ([]byte, error) {
	out := struct {
		Pictures    int                                 `json:"pictures"`
		Wanted      int                                 `json:"pictures_wanted"`
		Maps        int                                 `json:"maps"`
		Failures    int                                 `json:"failures"`
		Right       int                                 `json:"right"`
		Labelled    int                                 `json:"labelled"`
		Answers     []answersJSON                       `json:"answers"`
		Numbers     []numberJSON                        `json:"numbers"`
		Comparisons []comparisonJSON                    `json:"comparisons"`
		Ranks       []rankJSON                          `json:"ranks"`
		Failed      []failureJSON                       `json:"failed"`
		Examples    map[string]map[string][]exampleJSON `json:"examples"`
		Curves      []curveJSON                         `json:"curves"`
		Sampled     int                                 `json:"sampled"`
		Boxes       []boxJSON                           `json:"boxes"`
		Classes     []classJSON                         `json:"classes"`
		LeftOut     int                                 `json:"classes_left_out"`
		Clusters    []clusterJSON                       `json:"clusters"`
	}{Pictures: s.Pictures, Wanted: s.Wanted, Maps: s.Maps, Failures: s.Failures, Right: s.Right, Labelled: s.Labelled,
		Sampled: s.Sampled, Examples: map[string]map[string][]exampleJSON{}}
	for _, a := range s.Answers {
		out.Answers = append(out.Answers, answersJSON(a))
	}
	for _, n := range s.Numbers {
		out.Numbers = append(out.Numbers, numberJSON{cellJSON(n.Cell), n.Metric, n.N, number(n.Mean), number(n.StdErr),
			number(n.Lo), number(n.Hi)})
	}
	for _, c := range s.Comparisons {
		out.Comparisons = append(out.Comparisons, comparisonJSON{cellJSON(c.A), cellJSON(c.B), c.Metric, c.N,
			number(c.Difference), number(c.StdErr), number(c.P)})
	}
	for _, r := range s.Ranks {
		out.Ranks = append(out.Ranks, rankJSON{cellJSON(r.Cell), r.Metric, r.N, number(r.Mean), number(r.Critical)})
	}
	for _, r := range s.Failed {
		one := failureJSON{r.Picture, r.Model, r.Error}
		if len(s.Answers) < 2 {
			one.Model = ""
		}
		out.Failed = append(out.Failed, one)
	}
	for metric, x := range s.Examples {
		out.Examples[metric] = map[string][]exampleJSON{"lowest": examplesJSON(x.Lowest), "highest": examplesJSON(x.Highest),
			"misplaced": examplesJSON(x.Misplaced)}
	}
	out.Curves, out.Boxes, out.Clusters = s.plotData()
	out.Classes, out.LeftOut = s.commonest()
	return json.Marshal(out)
}

func examplesJSON(all []Example) []exampleJSON {
	var out []exampleJSON
	for _, e := range all {
		out = append(out, exampleJSON{cellJSON{e.Row.Model, e.Row.Layer, e.Row.Method}, e.Row.Picture, e.Row.Target,
			number(e.Value)})
	}
	return out
}

// plotData returns the data of the report's plots as JSON has them.
func (s *Summary) plotData() (curves []curveJSON, boxes []boxJSON, clusters []clusterJSON) {
	for _, c := range s.Curves {
		curves = append(curves, curveJSON{cellJSON(c.Cell), c.Metric, c.N, numbers(c.Mean), numbers(c.Half)})
	}
	for _, b := range s.Boxes {
		boxes = append(boxes, boxJSON{cellJSON(b.Cell), b.Metric, b.N, number(b.Low), number(b.Q1), number(b.Median),
			number(b.Q3), number(b.Upmost), numbers(b.Outside)})
	}
	for _, c := range s.Clusters {
		k := clusterJSON{cellJSON(c.Cell), c.Class, c.N, c.Of, c.Correct, c.Where, shares(c.Mean), nil}
		for _, r := range c.Examples {
			k.Examples = append(k.Examples, r.Picture)
		}
		clusters = append(clusters, k)
	}
	return curves, boxes, clusters
}

// commonest returns where the maps of the commonest classes lie, and how many classes there are besides.
func (s *Summary) commonest() (out []classJSON, leftOut int) {
	full := false
	for i, c := range s.Classes { // those of one class follow one another
		if i == 0 || c.Class != s.Classes[i-1].Class {
			if full = len(out) >= mostRows; full {
				leftOut++
			}
		}
		if full {
			continue
		}
		row := classJSON{cellJSON(c.Cell), c.Class, c.N, c.Where, nil}
		if len(out) < mostMeans {
			row.Mean = shares(c.Mean)
		}
		out = append(out, row)
	}
	return out, leftOut
}
