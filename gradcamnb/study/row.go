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

// Row holds one map of one picture, or the reason why there is none.
type Row struct {
	Index   int    // of the picture in the study, from 0
	Picture string // its name
	Label   string // of what it shows; empty if it is not known
	Model   string // name of the model; empty if none of several could get the picture

	Target, Class string  // what is explained, and its class
	ClassIndex    int     // -1 if the target has none
	Layer, Method string  // that made the map
	Score         float64 // of the target
	Unit          string  // of the score

	Prediction      string  // label of the likeliest class
	PredictionIndex int     // number of the likeliest class
	Probability     float64 // of the prediction
	Labelled        bool    // whether the label is a class of the model
	Correct         bool    // whether the prediction is the label; false if it is not labelled

	Diagnosis string // what is wrong with the map; empty if nothing is
	Error     string // why there is no map; empty if there is one

	Width, Height            int     // of Map, in values
	Left, Top, Right, Bottom float64 // the part of the picture that the map covers, in its pixels
	Map                      []byte  // the raw map divided by Scale: signed, float16, little endian, row by row
	Scale                    float64 // a power of two, so that float16 can hold gradients of 1e-9, too

	Metrics map[string]float64 // by name
	// Curves holds the scores while the picture is shown or hidden step by step, for insertion and deletion if they are
	// measured; see [heatmap.Map].
	Curves map[string][]float64
}

// metricColumn returns the name of a metric's column: metric_ and the metric's name, with _ in place of all that is no
// letter or digit.
func metricColumn(name string) string {
	return "metric_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// curvesOf returns the metrics that have curves in a table of the given metrics.
func curvesOf(metrics []string) []string {
	var out []string
	for _, name := range []string{"insertion", "deletion"} {
		if slices.Contains(metrics, name) || slices.Contains(metrics, "insertion - deletion") {
			out = append(out, name)
		}
	}
	return out
}

// column is one column of the table: its type, and how a row's value is written and read back. If write returns false,
// the value is null. For a column of lists, write returns a []float64, and read gets one value at a time.
type column struct {
	node  parquet.Node
	write func(r *Row) (any, bool)
	read  func(r *Row, v parquet.Value)
}

// validText returns a text as other programs can read it: in place of bytes that are no UTF-8, as file names may have,
// it has the replacement character.
func validText(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func textColumn(of func(r *Row) *string) column {
	return column{parquet.String(), func(r *Row) (any, bool) { return validText(*of(r)), true },
		func(r *Row, v parquet.Value) { *of(r) = string(v.ByteArray()) }}
}

func integerColumn(of func(r *Row) *int) column {
	return column{parquet.Int(64), func(r *Row) (any, bool) { return int64(*of(r)), true },
		func(r *Row, v parquet.Value) { *of(r) = int(v.Int64()) }}
}

func doubleColumn(of func(r *Row) *float64) column {
	return column{parquet.Leaf(parquet.DoubleType), func(r *Row) (any, bool) { return *of(r), true },
		func(r *Row, v parquet.Value) { *of(r) = v.Double() }}
}

// columns returns the columns of a table with these metrics, by name.
func columns(metrics []string) map[string]column {
	out := map[string]column{
		"index": integerColumn(func(r *Row) *int { return &r.Index }), "picture": textColumn(func(r *Row) *string { return &r.Picture }),
		"label": textColumn(func(r *Row) *string { return &r.Label }), "model": textColumn(func(r *Row) *string { return &r.Model }),
		"target": textColumn(func(r *Row) *string { return &r.Target }), "class": textColumn(func(r *Row) *string { return &r.Class }),
		"class_index":      integerColumn(func(r *Row) *int { return &r.ClassIndex }),
		"layer":            textColumn(func(r *Row) *string { return &r.Layer }),
		"method":           textColumn(func(r *Row) *string { return &r.Method }),
		"score":            doubleColumn(func(r *Row) *float64 { return &r.Score }),
		"unit":             textColumn(func(r *Row) *string { return &r.Unit }),
		"prediction":       textColumn(func(r *Row) *string { return &r.Prediction }),
		"prediction_index": integerColumn(func(r *Row) *int { return &r.PredictionIndex }),
		"probability":      doubleColumn(func(r *Row) *float64 { return &r.Probability }),
		"diagnosis":        textColumn(func(r *Row) *string { return &r.Diagnosis }),
		"error":            textColumn(func(r *Row) *string { return &r.Error }),
		"left":             doubleColumn(func(r *Row) *float64 { return &r.Left }),
		"top":              doubleColumn(func(r *Row) *float64 { return &r.Top }),
		"right":            doubleColumn(func(r *Row) *float64 { return &r.Right }),
		"bottom":           doubleColumn(func(r *Row) *float64 { return &r.Bottom }),
		"map_scale":        doubleColumn(func(r *Row) *float64 { return &r.Scale }),
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

// newSchema returns the schema of a table with these metrics, and its columns in the order of the schema.
func newSchema(metrics []string) (*parquet.Schema, []column) {
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

// append appends the values of column k of a row, with Parquet's repetition and definition levels.
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

// writeRows writes the rows of one part. The file appears whole or not at all.
func writeRows(path string, rows []Row, metrics []string) error {
	var buffer bytes.Buffer
	schema, all := newSchema(metrics)
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

// readRows calls a function for each row of one part, in their order.
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
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("reading the rows: %w", err)
	}
	o, err := openChecked(f, info)
	if err == nil {
		err = o.checkAll()
	}
	if err != nil {
		return broken(err)
	}
	schema, all := newSchema(metrics)
	r := parquet.NewReader(o.File, schema)
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
