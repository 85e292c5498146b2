package study

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Row is one map of one picture, or why there is none.
type Row struct {
	Index   int    // of the picture in the study, from 0
	Picture string // its name
	Label   string // of what it shows; empty if it is not known
	Model   string // name of the model

	Target, Class string  // what is explained, and its class
	ClassIndex    int     // -1 if the target has none
	Layer, Method string  // where, and how
	Score         float64 // of the target
	Unit          string  // of the score

	Prediction      string  // label of the likeliest class
	PredictionIndex int     // number of the likeliest class
	Probability     float64 // of the prediction
	Labelled        bool    // whether the label is a class of the model
	Correct         bool    // whether the prediction is the label; false if it is not labelled

	Diagnosis string // what is wrong with the map; empty if nothing is
	Error     string // why there is no map; empty if there is one

	Width, Height            int     // of the picture, in pixels
	Left, Top, Right, Bottom float64 // the part of the picture that the map covers, in its pixels
	Map                      []byte  // the raw map over Scale: signed, float16, little endian, row by row
	Scale                    float64 // a power of two, so that gradients of 1e-9 are held, too

	Metrics map[string]float64 // by name
	// Curves are the scores while the picture is shown or hidden step by step, of insertion and deletion if they are
	// measured; see [heatmap.Map].
	Curves map[string][]float64
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

// curvesOf are the metrics whose curves a table has, if it has the metrics.
func curvesOf(metrics []string) []string {
	var out []string
	for _, name := range []string{"insertion", "deletion"} {
		if slices.Contains(metrics, name) || slices.Contains(metrics, "insertion - deletion") {
			out = append(out, name)
		}
	}
	return out
}

// column is one column of the table: its type, how a row's value is written, and read back. A
// value that write does not give is null; of a list, write gives a []float64, and read takes one value of it.
type column struct {
	node  parquet.Node
	write func(r *Row) (any, bool)
	read  func(r *Row, v parquet.Value)
}

func text(of func(r *Row) *string) column {
	return column{parquet.String(), func(r *Row) (any, bool) { return *of(r), true },
		func(r *Row, v parquet.Value) { *of(r) = string(v.ByteArray()) }}
}

func integerColumn(of func(r *Row) *int) column {
	return column{parquet.Int(64), func(r *Row) (any, bool) { return int64(*of(r)), true },
		func(r *Row, v parquet.Value) { *of(r) = int(v.Int64()) }}
}

func double(of func(r *Row) *float64) column {
	return column{parquet.Leaf(parquet.DoubleType), func(r *Row) (any, bool) { return *of(r), true },
		func(r *Row, v parquet.Value) { *of(r) = v.Double() }}
}

// columns are those of a table with these metrics, by name.
func columns(metrics []string) map[string]column {
	out := map[string]column{
		"index": integerColumn(func(r *Row) *int { return &r.Index }), "picture": text(func(r *Row) *string { return &r.Picture }),
		"label": text(func(r *Row) *string { return &r.Label }), "model": text(func(r *Row) *string { return &r.Model }),
		"target": text(func(r *Row) *string { return &r.Target }), "class": text(func(r *Row) *string { return &r.Class }),
		"class_index":      integerColumn(func(r *Row) *int { return &r.ClassIndex }),
		"layer":            text(func(r *Row) *string { return &r.Layer }),
		"method":           text(func(r *Row) *string { return &r.Method }),
		"score":            double(func(r *Row) *float64 { return &r.Score }),
		"unit":             text(func(r *Row) *string { return &r.Unit }),
		"prediction":       text(func(r *Row) *string { return &r.Prediction }),
		"prediction_index": integerColumn(func(r *Row) *int { return &r.PredictionIndex }),
		"probability":      double(func(r *Row) *float64 { return &r.Probability }),
		"diagnosis":        text(func(r *Row) *string { return &r.Diagnosis }),
		"error":            text(func(r *Row) *string { return &r.Error }),
		"left":             double(func(r *Row) *float64 { return &r.Left }),
		"top":              double(func(r *Row) *float64 { return &r.Top }),
		"right":            double(func(r *Row) *float64 { return &r.Right }),
		"bottom":           double(func(r *Row) *float64 { return &r.Bottom }),
		"map_scale":        double(func(r *Row) *float64 { return &r.Scale }),
		"width":            integerColumn(func(r *Row) *int { return &r.Width }),
		"height":           integerColumn(func(r *Row) *int { return &r.Height }),
		"map": {parquet.Leaf(parquet.ByteArrayType), func(r *Row) (any, bool) { return r.Map, true },
			func(r *Row, v parquet.Value) { r.Map = bytes.Clone(v.ByteArray()) }},
		"correct": {parquet.Optional(parquet.Leaf(parquet.BooleanType)),
			func(r *Row) (any, bool) { return r.Correct, r.Labelled },
			func(r *Row, v parquet.Value) { r.Labelled, r.Correct = true, v.Boolean() }},
	}
	for _, name := range metrics {
		out[metricColumn(name)] = column{parquet.Optional(parquet.Leaf(parquet.DoubleType)),
			func(r *Row) (any, bool) { v, ok := r.Metrics[name]; return v, ok && !math.IsNaN(v) },
			func(r *Row, v parquet.Value) { r.Metrics[name] = v.Double() }}
	}
	for _, name := range curvesOf(metrics) {
		out["curve_"+name] = column{parquet.Repeated(parquet.Leaf(parquet.DoubleType)),
			func(r *Row) (any, bool) { return r.Curves[name], true },
			func(r *Row, v parquet.Value) {
				if r.Curves == nil {
					r.Curves = map[string][]float64{}
				}
				r.Curves[name] = append(r.Curves[name], v.Double())
			}}
	}
	return out
}

// table is the schema and its columns, in the order of the schema.
func table(metrics []string) (*parquet.Schema, []column) {
	group := parquet.Group{}
	all := columns(metrics)
	for name, c := range all {
		group[name] = c.node
	}
	schema := parquet.NewSchema("row", group)
	var out []column
	for _, path := range schema.Columns() {
		out = append(out, all[path[0]])
	}
	return schema, out
}

// append appends the values of column k of a row, with the levels at which they repeat and are there.
func (c column) append(to parquet.Row, r *Row, k int) parquet.Row {
	value, ok := c.write(r)
	list, isList := value.([]float64)
	switch {
	case !ok, isList && len(list) == 0:
		return append(to, parquet.Value{}.Level(0, 0, k))
	case isList:
		for i, v := range list {
			to = append(to, parquet.ValueOf(v).Level(min(i, 1), 1, k))
		}
		return to
	case c.node.Optional():
		return append(to, parquet.ValueOf(value).Level(0, 1, k))
	}
	return append(to, parquet.ValueOf(value).Level(0, 0, k))
}

// writeRows writes the rows of one part, whole or not at all.
func writeRows(path string, rows []Row, metrics []string) error {
	var buffer bytes.Buffer
	schema, all := table(metrics)
	w := parquet.NewWriter(&buffer, schema, parquet.Compression(&parquet.Zstd))
	for i := range rows {
		var row parquet.Row
		for k, c := range all {
			row = c.append(row, &rows[i], k)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
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
	broken := func(cause any) error {
		return fmt.Errorf("%s is no part of a study, or it is damaged: delete it, and the study writes it again (%v)", path,
			cause)
	}
	f, err := regular.Open(path)
	if err != nil {
		return fmt.Errorf("reading the rows: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	defer func() { // the library panics over a damaged file
		if cause := recover(); cause != nil {
			err = broken(cause)
		}
	}()
	schema, all := table(metrics)
	r := parquet.NewReader(f, schema)
	defer func() { err = errors.Join(err, r.Close()) }()
	buffer := make([]parquet.Row, 64)
	for {
		n, err := r.ReadRows(buffer)
		for _, values := range buffer[:n] {
			one := Row{Metrics: map[string]float64{}}
			for _, name := range metrics {
				one.Metrics[name] = math.NaN()
			}
			for _, v := range values {
				if !v.IsNull() {
					all[v.Column()].read(&one, v)
				}
			}
			if err := row(one); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
	}
}
