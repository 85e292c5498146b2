package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// sheetFlags holds the flags of gradcam sheet, with those that it shares with explain.
type sheetFlags struct {
	explainFlags
	models           []string
	rows, columns    []string
	methods, targets []string
	difference       []int // two rows, from 1
	measuring        gradcamnb.Measuring
	unmeasured       bool
	shared, signed   bool
}

func sheetCommand() *cobra.Command {
	var f sheetFlags
	c := &cobra.Command{
		Use:   "sheet --model M.onnx --image P.png --rows layers --cols methods --out DIR",
		Short: "Compare layers, methods, targets and pictures in one table of maps",
		Long: `Compare maps in one table, from one program and one forward pass, and write into --out

  sheet.png   the table: every map with its range and scores, the best framed if it leads clearly
  sheet.json  the table's maps, scores and diagnoses
  scores.csv  one line for each map

--rows and --cols name what differs down and across: pictures, targets, layers or methods.
Of everything else there must be one. Several models, such as checkpoints of one network,
are stacked; the columns must have the same names in all of them: --model early.onnx
--model late.onnx --rows methods --cols layers.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return sheet(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.models, "model", nil, "ONNX file; may be repeated")
	flags.StringArrayVar(&f.images, "image", nil, "picture; may be repeated")
	flags.StringVar(&f.tensor, "tensor", "", "the model's input without preprocessing: float32 .npy, batch first")
	flags.StringSliceVar(&f.rows, "rows", []string{"layers"},
		"what differs from row to row: pictures, targets, layers, methods, or several with commas")
	flags.StringSliceVar(&f.columns, "cols", []string{"methods"}, "what differs from column to column, as --rows")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "columns" {
			name = "cols"
		}
		return pflag.NormalizedName(name)
	})
	flags.StringArrayVar(&f.layers, "layer", nil,
		"layer by tensor name or module path, \"stages\" for the last of each resolution, or \"all\"; may be repeated (default: stages, if layers are rows or columns)")
	flags.StringArrayVar(&f.methods, "method", nil, "method, see gradcam explain --help; may be repeated")
	flags.StringArrayVar(&f.targets, "target", nil, targetHelp()+"\n; may be repeated (default top1)")
	flags.StringVar(&f.out, "out", "", "folder for the results")
	flags.StringVar(&f.colors, "colors", "", colorsHelp("colour map"))
	flags.BoolVar(&f.dark, "dark", false, "the figure on a dark ground")
	flags.StringArrayVar(&f.measuring.Metrics, "metric", nil,
		"metric of every map (default: insertion, deletion and their difference); may be repeated; see docs/metrics.md")
	flags.StringVar(&f.measuring.Lead, "frame", "",
		"metric by which the best map is framed, if its lead over the next best is more than twice its standard error (default: insertion - deletion, or else the first --metric)")
	flags.IntVar(&f.measuring.Steps, "steps", 0,
		fmt.Sprintf("number of steps in which the picture is shown or hidden to measure a map (default %d; fewer in pure Go if these take long)",
			ask.DefaultSteps))
	flags.StringVar(&f.measuring.Baseline, "baseline", "",
		"what replaces hidden parts of the picture: mean, blur, rise-blur or black (default: as in the metrics' papers)")
	flags.BoolVar(&f.unmeasured, "unmeasured", false, "draw the maps alone, without scores and frame")
	flags.BoolVar(&f.shared, "shared", false, "one scale for all maps with the same unit, so that colours can be compared")
	flags.IntSliceVar(&f.difference, "difference", nil,
		"add a row with the difference of two rows, drawn signed: 1,2 is the first minus the second")
	flags.BoolVar(&f.signed, "signed", false, "also draw what speaks against the target")
	f.addPreparation(c)
	return c
}

// check returns an error if a flag is missing or wrong.
func (f sheetFlags) check() error {
	switch {
	case len(f.models) == 0:
		return cli.Usagef("--model is missing: name an ONNX file")
	case f.unmeasured && !reflect.DeepEqual(f.measuring, gradcamnb.Measuring{}):
		return cli.Usagef("--unmeasured measures nothing, and so does not go with --metric, --frame, --steps and --baseline")
	case len(f.difference) != 0 && len(f.difference) != 2:
		return cli.Usagef("--difference %v: name two rows, as in 1,2", f.difference)
	case f.out == "":
		return cli.Usagef("--out is missing: name a folder for the results")
	case len(f.images) == 0 && f.tensor == "":
		return cli.Usagef("--image or --tensor is missing: name what to explain")
	case len(f.images) > 0 && f.tensor != "":
		return cli.Usagef("--image and --tensor exclude each other")
	case slices.Contains(f.images, ""):
		return cli.Usagef("--image \"\": name a picture")
	}
	return nil
}

// request returns the request for every model, for a sheet with these axes.
func (f sheetFlags) request(axes ...heatmap.Axis) (gradcamnb.Request, error) {
	r := gradcamnb.Request{Layers: f.layers, Methods: f.methods, Measuring: f.measuring}
	if len(r.Layers) == 0 && slices.Contains(axes, heatmap.ByLayer) {
		r.Layers = []string{gradcamnb.StageLayers}
	}
	if f.unmeasured {
		r.Measuring.Metrics = []string{}
	}
	for _, t := range f.targets {
		target, err := parseTarget(t)
		if err != nil {
			return r, err
		}
		r.Targets = append(r.Targets, target)
	}
	return r, nil
}

func sheet(ctx context.Context, f sheetFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	rows, err := parseAxes("--rows", f.rows)
	if err != nil {
		return err
	}
	columns, err := parseAxes("--cols", f.columns)
	if err != nil {
		return err
	}
	r, err := f.request(slices.Concat(rows, columns)...)
	if err != nil {
		return err
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	dir, err := openFolder(f.out)
	if err != nil {
		return err
	}
	var sheets []*heatmap.Sheet
	e := engine.New(f.backend)
	for _, model := range f.models {
		s, err := f.makeSheet(ctx, e, model, r, [2][]heatmap.Axis{rows, columns})
		if err != nil {
			return err
		}
		sheets = append(sheets, s)
		r.Measuring.Steps = cmp.Or(r.Measuring.Steps, takenSteps(s)) // as many for each model
	}
	s, err := f.stackSheets(sheets)
	if err != nil {
		return err
	}
	if err := f.lay(s); err != nil {
		return err
	}
	if err := writeSheet(dir, s, options); err != nil {
		return err
	}
	sayNotNumbers("", s.Results)
	saySheet(dir, s)
	return nil
}

// takenSteps returns the number of steps in which insertion and deletion of a sheet's maps were measured; 0 if they
// were not.
func takenSteps(s *heatmap.Sheet) int {
	for _, r := range s.Results {
		for _, m := range r.Maps {
			for _, curve := range m.Curves {
				return len(curve) - 1
			}
		}
	}
	return 0
}

// lay applies the flags about scales, signs and differences to the sheet.
func (f sheetFlags) lay(s *heatmap.Sheet) error {
	s.Shared = f.shared
	for i := range s.Cells {
		for j := range s.Cells[i] {
			s.Cells[i][j].Signed = f.signed
		}
	}
	if len(f.difference) == 0 {
		return nil
	}
	if n := len(s.Cells); min(f.difference[0], f.difference[1]) < 1 || max(f.difference[0], f.difference[1]) > n {
		return cli.Usagef("--difference %d,%d: the sheet has %d rows, counted from 1", f.difference[0], f.difference[1], n)
	}
	if err := s.Subtract(f.difference[0]-1, f.difference[1]-1); err != nil {
		return cli.Usagef("--difference %v: %w", f.difference, err)
	}
	return nil
}

// makeSheet returns the sheet of one model.
func (f sheetFlags) makeSheet(ctx context.Context, e *engine.Engine, model string, r gradcamnb.Request,
	axes [2][]heatmap.Axis) (*heatmap.Sheet, error) {
	m, err := e.OpenModel(ctx, model)
	if err != nil {
		return nil, err
	}
	if err := f.input(m, &r); err != nil {
		return nil, err
	}
	return m.RunSheet(ctx, r, axes[0], axes[1])
}

// stackSheets returns one sheet with the models' sheets one below the other. Their titles are the file names or, if
// these are the same, the paths.
func (f sheetFlags) stackSheets(sheets []*heatmap.Sheet) (*heatmap.Sheet, error) {
	if len(sheets) == 1 {
		return sheets[0], nil
	}
	var titles []string
	for _, model := range f.models {
		titles = append(titles, strings.TrimSuffix(filepath.Base(model), ".onnx"))
	}
	if len(slices.Compact(slices.Sorted(slices.Values(titles)))) < len(titles) { // files in several folders have one name
		titles = f.models
	}
	s, err := heatmap.Stack(titles, sheets...)
	if err != nil {
		return nil, cli.Usagef("the sheets of the models differ: %w; choose columns that all have in common, such as methods", err)
	}
	common := strings.TrimPrefix(s.Title, s.Results[0].Model) // target, layer or method of all, after a comma
	s.Title = strings.Join(titles, ", ") + common
	return s, nil
}

func parseAxes(flag string, names []string) ([]heatmap.Axis, error) {
	var out []heatmap.Axis
	for _, name := range names {
		a, err := heatmap.AxisByName(name)
		if err != nil {
			return nil, cli.Usagef("%s: %w", flag, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// sheetReport is sheet.json.
type sheetReport struct {
	Title   string       `json:"title"`
	Note    string       `json:"note"`
	Shared  bool         `json:"shared_scale"`
	Rows    []string     `json:"rows"`
	Columns []string     `json:"columns"`
	Cells   [][]cellJSON `json:"cells"`
}

type cellJSON struct {
	Empty     string              `json:"empty,omitempty"`
	Layer     string              `json:"layer,omitempty"`
	Method    string              `json:"method,omitempty"`
	Target    string              `json:"target,omitempty"`
	ClassName string              `json:"class_name,omitempty"`
	Score     *float64            `json:"score,omitempty"`
	ScoreUnit string              `json:"score_unit,omitempty"`
	Chance    *float64            `json:"probability,omitempty"` // of the explained class
	Rank      int                 `json:"rank,omitempty"`        // of the explained class, from 1
	Unit      string              `json:"unit,omitempty"`
	Range     [2]*float64         `json:"raw_range"`
	Metrics   map[string]*float64 `json:"metrics,omitempty"`
	Framed    bool                `json:"framed,omitempty"`
	Diagnosis string              `json:"diagnosis,omitempty"`
}

// writeSheet writes the files of gradcam sheet.
func writeSheet(dir string, s *heatmap.Sheet, o *render.Options) error {
	png, err := render.EncodePNG(render.Sheet(s, o), map[string]string{"Title": s.Title})
	if err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, "sheet.png"), png); err != nil {
		return err
	}
	rep := sheetReport{Title: s.Title, Note: s.Note, Shared: s.Shared, Rows: s.Rows, Columns: s.Columns}
	table := [][]string{append([]string{"row", "column", "layer", "method", "target", "class_name", "score", "unit",
		"probability", "rank", "framed", "diagnosis"}, s.Metrics...)}
	for i, cells := range s.Cells {
		var row []cellJSON
		for j, c := range cells {
			r, m := s.At(i, j)
			if m == nil {
				row = append(row, cellJSON{Empty: c.Empty})
				continue
			}
			e := newCellJSON(r, m, c.Framed)
			row = append(row, e)
			table = append(table, scoreLine(s.Rows[i], s.Columns[j], e, m, s.Metrics))
		}
		rep.Cells = append(rep.Cells, row)
	}
	data, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("writing sheet.json: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, "sheet.json"), append(data, '\n')); err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := csv.NewWriter(&buf).WriteAll(table); err != nil {
		return fmt.Errorf("writing scores.csv: %w", err)
	}
	return atomicfile.Write(filepath.Join(dir, "scores.csv"), buf.Bytes())
}

func newCellJSON(r *heatmap.Result, m *heatmap.Map, framed bool) cellJSON {
	lo, hi, _ := m.Raw.Range()
	e := cellJSON{
		Layer: m.Layer, Method: m.Method, Target: m.Target, Unit: m.Unit, Framed: framed, Diagnosis: m.Diagnosis,
		Range: [2]*float64{finite(lo), finite(hi)}, Metrics: map[string]*float64{}, ClassName: m.Class,
		Score: finite(m.Score), ScoreUnit: m.ScoreUnit, Chance: likelihoodOf(r, m), Rank: m.Rank,
	}
	for name, v := range m.Metrics {
		e.Metrics[name] = finite(float32(v))
	}
	return e
}

// scoreLine returns the line of scores.csv for a map. A metric that was not measured, as of a difference, is empty.
func scoreLine(row, column string, e cellJSON, m *heatmap.Map, metrics []string) []string {
	chance, rank := "", ""
	if e.Chance != nil {
		chance = strconv.FormatFloat(*e.Chance, 'g', 6, 64)
	}
	if e.Rank > 0 {
		rank = strconv.Itoa(e.Rank)
	}
	line := []string{row, column, m.Layer, m.Method, m.Target, m.Class, fmt.Sprint(m.Score), m.ScoreUnit, chance, rank,
		strconv.FormatBool(e.Framed), m.Diagnosis}
	for _, name := range metrics {
		value := ""
		if v, measured := m.Metrics[name]; measured {
			value = strconv.FormatFloat(v, 'g', 6, 64)
		}
		line = append(line, value)
	}
	for k := range line {
		line[k] = disarm(line[k])
	}
	return line
}

// disarm returns a field that no spreadsheet takes for a formula, since names come from model files that nobody has
// looked at.
func disarm(field string) string {
	if _, err := strconv.ParseFloat(field, 64); err != nil && strings.ContainsAny(field[:min(1, len(field))], "=+-@\t\r") {
		return "'" + field
	}
	return field
}
