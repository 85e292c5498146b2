package study

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// otherSession is another model: it measures three times as much, is never right, and cannot explain a picture of 7.
type otherSession struct{ fakeSession }

func (o *otherSession) Info() gradcamnb.Info {
	info := o.fakeSession.Info()
	info.Name = "other"
	return info
}

func (o *otherSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	all, err := o.fakeSession.Explain(ctx, r)
	for _, res := range all {
		if res.Maps[0].Score == 7 {
			return nil, errors.New("a picture that the other model does not take")
		}
		res.Top[0].Index = 1
		for _, m := range res.Maps {
			m.Metrics["insertion"] *= 3
		}
	}
	return all, err
}

// Of the values 1, 2, 3 the first model has the means 2 (A) and 4 (B), the other 6 and 12: A less the other's A is -4
// on the mean, and the other's B has the best rank. A picture that only one model explains counts for that model.
func TestSeveralModels(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2, 3, 7)
	s.Others = []*gradcamnb.Model{gradcamnb.NewModel(&otherSession{})}
	s.Pictures[1].Label = "cat"
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pictures != 4 || sum.Maps != 14 || sum.Failures != 1 || sum.Failed[0].Model != "other" {
		t.Errorf("%d pictures, %d maps, %d failures", sum.Pictures, sum.Maps, sum.Failures)
	}
	want := []Answers{{"fake", 3, 3, 1, "cat"}, {"other", 2, 0, 1, "cat"}}
	if !slices.Equal(sum.Answers, want) {
		t.Errorf("%+v, want %+v", sum.Answers, want)
	}
	means := map[Cell]Number{}
	for _, n := range sum.Numbers {
		means[n.Cell] = n
	}
	for cell, want := range map[Cell][2]float64{{"fake", "conv", "A"}: {3.25, 4}, {"fake", "conv", "B"}: {6.5, 4},
		{"other", "conv", "A"}: {6, 3}, {"other", "conv", "B"}: {12, 3}} {
		if n := means[cell]; n.Mean != want[0] || n.N != int(want[1]) {
			t.Errorf("%s: %+v, want %v", cell, n, want)
		}
	}
	found := false
	for _, c := range sum.Comparisons {
		if c.A == (Cell{"fake", "conv", "A"}) && c.B == (Cell{"other", "conv", "A"}) {
			found = c.N == 3 && c.Difference == -4 && !math.IsNaN(c.P)
		}
	}
	if !found || len(sum.Comparisons) != 6 {
		t.Errorf("comparisons %+v", sum.Comparisons)
	}
	page := string(MustReport(sum, s.Pictures))
	for _, want := range []string{"A at conv of other", "The prediction of fake is the label in 3 of 3",
		"Pictures whose label is no class of other: 1, such as cat", "not every model could explain: 1, listed",
		"Pictures that not every model explained", "<td>p03</td><td>other</td><td>a picture that the other model does not take</td>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	text, err := json.Marshal(sum)
	if want := `"failed":[{"picture":"p03","model":"other",`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%v, the summary lacks %s", err, want)
	}
	alone := newStudy(t, &fakeSession{}, 1)
	alone.Out = s.Out
	if _, err := alone.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another study") {
		t.Errorf("a study of one model goes on with that of two: %v", err)
	}
	s.Others = append(s.Others, gradcamnb.NewModel(&fakeSession{}))
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `two models have the name "fake"`) {
		t.Error(err)
	}
}

// A picture that cannot be read concerns all models, and not the first. Clusters say how many were predicted right if
// their own model knows the labels, whatever another does.
func TestFailuresOfSeveralModels(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 255)
	s.Others = []*gradcamnb.Model{gradcamnb.NewModel(&otherSession{})}
	sum, err := s.Run(t.Context())
	if err != nil || sum.Failed[0].Model != "" {
		t.Fatalf("%v, %+v", err, sum)
	}
	page := string(MustReport(sum, s.Pictures))
	for _, want := range []string{"<td>p01</td><td>all</td><td>a damaged picture</td>", "Of all pictures with maps."} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	sum.Answers[0].Labelled = 0
	for i, model := range []string{"fake", "other"} {
		sum.Clusters = []Cluster{{Cell: Cell{model, "conv", "A"}, N: 1, Of: 2, Correct: 1, Mean: make([]float64, side*side)}}
		page := string(MustReport(sum, nil))
		if says := strings.Contains(page, "1 predicted right"); says != (i == 1) {
			t.Errorf("the clusters of %s say what is right: %t", model, says)
		}
	}
}

// namelessSession is a model of two classes without names.
type namelessSession struct{ fakeSession }

func (n *namelessSession) Info() gradcamnb.Info {
	info := n.fakeSession.Info()
	info.Labels = nil
	return info
}

func (n *namelessSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	all, err := n.fakeSession.Explain(ctx, r)
	for _, res := range all {
		res.Scores = []float32{0.75, 0.25}
	}
	return all, err
}

// A number is a class of a model without names if it has so many classes.
func TestLabelsBeyondTheClasses(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2, 3)
	s.Model = gradcamnb.NewModel(&namelessSession{})
	for i, label := range []string{"0", "1", "2"} {
		s.Pictures[i].Label = label
	}
	sum, err := s.Run(t.Context())
	if want := (Answers{"fake", 2, 1, 1, "2"}); err != nil || !slices.Equal(sum.Answers, []Answers{want}) {
		t.Errorf("%v, %+v, want %+v", err, sum.Answers, want)
	}
}

// A report shows the pictures with the highest and the lowest scores and probabilities, also if nothing was measured,
// each once although it has a map by each method.
func TestHighestScores(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 10, 20, 30)
	s.Metrics = nil
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x := sum.Examples["score"]
	if len(x.Highest) != 3 || x.Highest[0].Row.Picture != "p02" || x.Lowest[0].Row.Picture != "p00" ||
		x.Lowest[0].Value != 10 {
		t.Errorf("%+v", x)
	}
	if n := len(sum.Examples["probability"].Highest); n != 3 {
		t.Errorf("%d pictures by probability", n)
	}
	page := string(MustReport(sum, s.Pictures))
	if n := strings.Count(page, `alt="A of p02"`); n != 4 {
		t.Errorf("the highest picture is shown %d times, want 4: high and low by score and by probability", n)
	}
}

// failingSession is the model named "other", which cannot explain any picture.
type failingSession struct{ otherSession }

func (f *failingSession) Explain(context.Context, gradcamnb.Request) ([]*heatmap.Result, error) {
	return nil, errors.New("a model that takes no picture")
}

// The counts of a summary are those of the study's first model, also if it fails on every picture. The report then
// still names the model of each map. A study that was begun without the list of models goes on.
func TestFirstModelFails(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2, 3)
	s.Others, s.Model = []*gradcamnb.Model{s.Model}, gradcamnb.NewModel(&failingSession{})
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []Answers{{Model: "other"}, {"fake", 3, 3, 0, ""}}; !slices.Equal(sum.Answers, want) {
		t.Errorf("%+v, want %+v", sum.Answers, want)
	}
	if sum.Right != 0 || sum.Labelled != 0 {
		t.Errorf("%d of %d are right by a model that explained nothing", sum.Right, sum.Labelled)
	}
	if page := string(MustReport(sum, s.Pictures)); !strings.Contains(page, "A at conv of fake") {
		t.Error("the report does not name the model of a map")
	}
	path := filepath.Join(s.Out, manifestName)
	text := read(t, path)
	from, to := strings.Index(text, `"models"`), strings.Index(text, `"pictures"`)
	if from < 0 || to < from {
		t.Fatal(text)
	}
	write(t, path, []byte(text[:from]+text[to:]))
	if _, err := s.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

// unsureSession is a model without classes.
type unsureSession struct{ fakeSession }

func (u *unsureSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	all, err := u.fakeSession.Explain(ctx, r)
	for _, res := range all {
		res.Top = nil
	}
	return all, err
}

// A model without classes has no probabilities that would be the lowest.
func TestNoProbabilities(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2)
	s.Model = gradcamnb.NewModel(&unsureSession{})
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if x := sum.Examples[byProbability]; len(x.Lowest) > 0 || len(sum.Examples[byScore].Lowest) != 2 {
		t.Errorf("%+v", x)
	}
}
