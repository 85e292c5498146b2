package study

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// explain explains a batch of pictures with every model and returns their rows. A picture that fails has a row with its
// error.
func (s *Study) explain(ctx context.Context, b openedBatch) ([]Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows := make([][]Row, b.to-b.from)
	for _, row := range b.failed {
		rows[row.Index-b.from] = []Row{row}
	}
	for _, m := range s.models() {
		of, err := s.explainWith(ctx, m, b.good)
		if err != nil {
			return nil, err
		}
		for _, row := range of {
			rows[row.Index-b.from] = append(rows[row.Index-b.from], row)
		}
	}
	return slices.Concat(rows...), nil
}

// explainWith explains pictures with a model and returns their rows, of which those of a picture follow one another.
func (s *Study) explainWith(ctx context.Context, m *gradcamnb.Model, opened []openedPicture) (rows []Row, err error) {
	var good []openedPicture
	classes := newClassFinder(m.Info().Labels)
	for _, o := range opened {
		if o.class, err = s.classAt(classes, s.Pictures[o.at]); err != nil {
			rows = append(rows, s.failedRow(m, o.at, err))
			continue
		}
		good = append(good, o)
	}
	results, err := s.results(ctx, m, good)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		more, err := s.explainApart(ctx, m, good)
		return append(rows, more...), err
	}
	for k, r := range results {
		rows = append(rows, s.rows(m, good[k], r)...)
	}
	return rows, nil
}

// explainApart explains pictures each by itself, since one of them is at fault, and returns their rows. If a metric
// compares pictures, it explains those that are not at fault together again.
func (s *Study) explainApart(ctx context.Context, m *gradcamnb.Model, good []openedPicture) ([]Row, error) {
	var kept []openedPicture
	var failed, rows []Row
	for _, o := range good {
		one, err := s.results(ctx, m, []openedPicture{o})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && s.concerns(err):
			return nil, err
		case err != nil:
			failed = append(failed, s.failedRow(m, o.at, err))
			continue
		}
		rows = append(rows, s.rows(m, o, one[0])...)
		kept = append(kept, o)
	}
	if len(kept) < 2 || !slices.ContainsFunc(s.Metrics, comparesPictures) {
		return append(failed, rows...), nil
	}
	results, err := s.results(ctx, m, kept)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("pictures that can be explained one by one cannot together: %w", err)
	}
	rows = failed
	for k, r := range results {
		rows = append(rows, s.rows(m, kept[k], r)...)
	}
	return rows, nil
}

// classAt returns the number of a model's class that a picture's label names, or -1. It is an error if there is none,
// and the study explains it.
func (s *Study) classAt(classes *classFinder, p Picture) (int, error) {
	switch {
	case p.Label == "" && s.AtLabel:
		return -1, errors.New("it has no label, but the study explains the class of the label")
	case p.Label == "":
		return -1, nil
	}
	class, err := classes.find(p)
	if !s.AtLabel {
		err = nil
	}
	return class, err
}

// results explains some pictures in one batch with a model.
func (s *Study) results(ctx context.Context, m *gradcamnb.Model, good []openedPicture) ([]*heatmap.Result, error) {
	if len(good) == 0 {
		return nil, nil
	}
	r := gradcamnb.Request{Steady: true, Series: true}
	measuring := gradcamnb.Measuring{Metrics: s.measurable(len(good)), Steps: s.Steps, Baseline: s.Baseline}
	var classes []int
	for _, o := range good {
		r.Pictures = append(r.Pictures, o.img)
		classes = append(classes, o.class)
		measuring.Truths = append(measuring.Truths, o.truth)
	}
	choices := append(slices.Clone(s.Choices), gradcamnb.Measured(measuring))
	if s.AtLabel {
		target := s.LabelTarget
		if target == nil {
			target = gradcamnb.Class
		}
		choices = append(choices, target(classes...))
	}
	return m.Run(ctx, r, choices...)
}

// measurable returns the metrics that have a value for a batch of so many pictures: all of them or, for one picture,
// those that do not compare pictures.
func (s *Study) measurable(pictures int) []string {
	if pictures > 1 {
		return s.Metrics
	}
	return slices.DeleteFunc(slices.Clone(s.Metrics), comparesPictures)
}

// concerns tells whether an error comes from the model or the choices, and so would be the same for every picture.
func (s *Study) concerns(err error) bool {
	if s.AtLabel && errors.Is(err, gradcamnb.ErrNoClass) { // the picture's own label names it
		return false
	}
	for _, kind := range []error{gradcamnb.ErrUnknownName, gradcamnb.ErrUnknownLayer, gradcamnb.ErrNoClass,
		gradcamnb.ErrNoPreprocessing,
		gradcamnb.ErrUnsupported, gradcamnb.ErrNoBackend, gradcamnb.ErrNoEngine, gradcamnb.ErrClosed} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// row returns a row with what is known of picture i before a model explains it.
func (s *Study) row(m *gradcamnb.Model, i int) Row {
	return Row{Index: i, Picture: s.Pictures[i].Name, Label: s.Pictures[i].Label, Model: s.modelName(m), ClassIndex: -1}
}

func (s *Study) failedRow(m *gradcamnb.Model, i int, err error) Row {
	row := s.row(m, i)
	row.Error = err.Error()
	return row
}

// rows returns the rows of one picture and model, one for each map of its result.
func (s *Study) rows(model *gradcamnb.Model, o openedPicture, r *heatmap.Result) []Row {
	var rows []Row
	for _, m := range r.Maps {
		row := s.row(model, o.at)
		row.Target, row.Class, row.ClassIndex = m.Target, m.Class, m.Index
		row.Layer, row.Method = m.Layer, m.Method
		row.Score, row.Unit, row.Diagnosis = float64(m.Score), m.ScoreUnit, m.Diagnosis
		row.Width, row.Height = m.Raw.W, m.Raw.H
		row.Map, row.Scale = scaledHalves(m.Raw.Values)
		w, h, beyond := float64(r.Frame.ModelW), float64(r.Frame.ModelH), m.Raw.Beyond
		row.Left, row.Top = r.Frame.ToPicture(beyond[1][0]*w, beyond[0][0]*h)
		row.Right, row.Bottom = r.Frame.ToPicture((1-beyond[1][1])*w, (1-beyond[0][1])*h)
		row.Metrics, row.Curves = m.Metrics, map[string][]float64{}
		for name, scores := range m.Curves {
			for _, v := range scores {
				row.Curves[name] = append(row.Curves[name], float64(v))
			}
		}
		if len(r.Top) > 0 {
			row.Prediction, row.PredictionIndex, row.Probability = r.Top[0].Label, r.Top[0].Index, float64(r.Top[0].Probability)
			if o.class >= 0 && (len(r.Scores) == 0 || o.class < len(r.Scores)) {
				row.Labelled, row.Correct = true, r.Top[0].Index == o.class
			}
		}
		rows = append(rows, row)
	}
	return rows
}
