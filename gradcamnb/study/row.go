package study

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// Row is one map of one picture, or why there is none.
type Row struct {
	Index   int    // of the picture in the study, from 0
	Picture string // its name
	Label   string // of what it shows; empty if it is not known
	Model   string

	Target, Class string
	ClassIndex    int // -1 if the target has none
	Layer, Method string
	Score         float64
	Unit          string // of the score

	Prediction      string // label of the likeliest class
	PredictionIndex int
	Probability     float64 // of the prediction
	Correct         *bool   // whether the prediction is the label; nil if there is no label

	Diagnosis string // what is wrong with the map; empty if nothing is
	Error     string // why there is no map; empty if there is one

	Width, Height int
	Map           []byte // the raw map, signed, at the layer's size: float16, little endian, row by row

	Metrics map[string]float64
}

// metricColumn is the column of a metric: metric_ and its name with _ for what is no letter or digit.
func metricColumn(name string) string {
	return "metric_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// schema has a column for every field of a row and for every metric.
func schema(metrics []string) *parquet.Schema {
	text, whole := parquet.String(), parquet.Int(64)
	real, truth := parquet.Leaf(parquet.DoubleType), parquet.Leaf(parquet.BooleanType)
	g := parquet.Group{
		"index": whole, "picture": text, "label": text, "model": text, "target": text, "class": text, "class_index": whole,
		"layer": text, "method": text, "score": real, "unit": text, "prediction": text, "prediction_index": whole, "probability": real,
		"correct": parquet.Optional(truth), "diagnosis": text, "error": text, "width": whole, "height": whole,
		"map": parquet.Leaf(parquet.ByteArrayType),
	}
	for _, name := range metrics {
		g[metricColumn(name)] = parquet.Optional(real)
	}
	return parquet.NewSchema("row", g)
}

// writeRows writes the rows of one part, whole or not at all.
func writeRows(path string, rows []Row, metrics []string) error {
	var buffer bytes.Buffer
	w := parquet.NewGenericWriter[map[string]any](&buffer, schema(metrics), parquet.Compression(&parquet.Zstd))
	for _, r := range rows {
		row := map[string]any{
			"index": int64(r.Index), "picture": r.Picture, "label": r.Label, "model": r.Model, "target": r.Target, "class": r.Class,
			"class_index": int64(r.ClassIndex), "layer": r.Layer, "method": r.Method, "score": r.Score, "unit": r.Unit,
			"prediction": r.Prediction, "prediction_index": int64(r.PredictionIndex), "probability": r.Probability,
			"diagnosis": r.Diagnosis, "error": r.Error, "width": int64(r.Width), "height": int64(r.Height), "map": r.Map,
		}
		if r.Correct != nil {
			row["correct"] = *r.Correct
		}
		for _, name := range metrics {
			if v, ok := r.Metrics[name]; ok && !math.IsNaN(v) {
				row[metricColumn(name)] = v
			}
		}
		if _, err := w.Write([]map[string]any{row}); err != nil {
			return fmt.Errorf("writing the rows: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("writing the rows: %w", err)
	}
	return atomicfile.Write(path, buffer.Bytes())
}

// readRows hands out the rows of one part, in their order.
func readRows(path string, metrics []string, row func(Row) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the rows: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	defer func() { // the library panics over a damaged file
		if broken := recover(); broken != nil {
			err = fmt.Errorf("%s is no part of a study, or it is damaged: delete it, and the study writes it again", path)
		}
	}()
	r := parquet.NewGenericReader[map[string]any](f, schema(metrics))
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		one := []map[string]any{{}}
		n, err := r.Read(one)
		if n == 1 {
			if err := row(rowOf(one[0], metrics)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s is no part of a study, or it is damaged: delete it, and the study writes it again: %w", path, err)
		}
	}
}

func rowOf(v map[string]any, metrics []string) Row {
	text := func(name string) string {
		switch s := v[name].(type) {
		case string:
			return s
		case []byte:
			return string(s)
		}
		return ""
	}
	whole := func(name string) int { n, _ := v[name].(int64); return int(n) }
	real := func(name string) float64 { f, _ := v[name].(float64); return f }
	r := Row{
		Index: whole("index"), Picture: text("picture"), Label: text("label"), Model: text("model"), Target: text("target"),
		Class: text("class"), ClassIndex: whole("class_index"), Layer: text("layer"), Method: text("method"), Score: real("score"),
		Unit: text("unit"), Prediction: text("prediction"), PredictionIndex: whole("prediction_index"), Probability: real("probability"),
		Diagnosis: text("diagnosis"), Error: text("error"), Width: whole("width"), Height: whole("height"), Map: []byte(text("map")),
		Metrics: map[string]float64{},
	}
	if correct, ok := v["correct"].(bool); ok {
		r.Correct = &correct
	}
	for _, name := range metrics {
		r.Metrics[name] = math.NaN()
		if f, ok := v[metricColumn(name)].(float64); ok {
			r.Metrics[name] = f
		}
	}
	return r
}
