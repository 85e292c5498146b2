package main

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/knights-analytics/hugot/backends"
	"github.com/knights-analytics/hugot/pipelines"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Classifier returns the network of a hugot image classification, ready to be explained. It uses hugot's own graph
// function and weights, so nothing is read or computed a second time. prep must say the same as the pipeline's steps,
// because hugot offers no way to ask for them.
func Classifier(p *pipelines.ImageClassificationPipeline, prep imgio.Prep) (*gradcamnb.Model, error) {
	return network(p.Model, prep, nil)
}

// Detector is [Classifier] for an object detection. hugot reads its boxes like DETR's: logits [batch, queries, classes
// + 1] and boxes [batch, queries, 4].
func Detector(p *pipelines.ObjectDetectionPipeline, prep imgio.Prep) (*gradcamnb.Model, error) {
	return network(p.Model, prep, &detect.Spec{
		Decoder: "detr", Outputs: []string{p.ScoresOutput, p.BoxesOutput}, Threshold: float64(p.ScoreThreshold),
		NMS: float64(p.IouThreshold),
	})
}

// network returns a hugot model that runs on GoMLX, as a GoMLX model. Its first input is the picture.
func network(m *backends.Model, prep imgio.Prep, detector *detect.Spec) (*gradcamnb.Model, error) {
	runs := m.GoMLXModel
	if runs == nil {
		return nil, fmt.Errorf("the model %s runs on onnxruntime; open the session with hugot.NewGoSession or NewXLASession",
			m.Path)
	}
	card := source.Card{
		Name: m.OnnxPath, Input: []int{-1, 3, prep.Height, prep.Width}, Layout: imgio.ChannelsFirst, Prep: &prep,
		Detector: detector,
	}
	if dims := m.InputsMeta[0].Dimensions; len(dims) == 4 && dims[3] == 3 {
		card.Input, card.Layout = []int{-1, prep.Height, prep.Width, 3}, imgio.ChannelsLast
	}
	for i := range len(m.IDLabelMap) {
		card.Labels = append(card.Labels, m.IDLabelMap[i])
	}
	for _, out := range m.OutputsMeta {
		card.Outputs = append(card.Outputs, out.Name)
	}
	return engine.Model(card, runs.Store,
		func(scope *model.Scope, x *Node) []*Node { return runs.Call(scope, []*Node{x}) })
}
