// Command hugot classifies a picture with a pipeline of hugot (github.com/knights-analytics/hugot), prints the answer,
// and writes why.png, which shows where the network looked.
//
//	go run . MODEL_FOLDER PICTURE
//
// The folder has the form that hugot takes: one ONNX file and its config.json. The program is a module of its own, so
// that nobody else gets hugot's requirements. It consists of two calls: hugot's pipeline, and [Classifier] of it.
package main

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"

	"github.com/knights-analytics/hugot"
	"github.com/knights-analytics/hugot/backends"
	"github.com/knights-analytics/hugot/pipelines"
	"github.com/knights-analytics/hugot/util/imageutil"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// side is the side of the network's pictures, in pixels.
const side = 224

// prep does to a picture what hugot's steps below do, in the words of this library: it takes the middle, and (x -
// 127)/128, which EfficientNet-Lite0 needs.
var prep = imgio.Prep{
	Width: side, Height: side, Fit: imgio.Crop, Filter: imgio.Nearest, Order: "RGB",
	Mean: [3]float32{127, 127, 127}, Scale: [3]float32{128, 128, 128},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "give the folder of a model, with its ONNX file and config.json, and a picture")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder, picture string) error {
	ctx := context.Background()
	session, err := hugot.NewGoSession(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = session.Destroy() }()
	classify, err := classification(session, folder)
	if err != nil {
		return err
	}
	img, err := imgio.Open(picture)
	if err != nil {
		return err
	}
	said, err := classify.RunWithImages(ctx, []image.Image{img})
	if err != nil {
		return err
	}
	for _, p := range said.Predictions[0] {
		fmt.Printf("%8.3f %s\n", p.Score, p.Label)
	}

	m, err := Classifier(classify, prep)
	if err != nil {
		return err
	}
	why, err := m.Explain(img, gradcamnb.Class(said.Predictions[0][0].ClassIndex))
	if err != nil {
		return err
	}
	file, err := os.Create("why.png")
	if err != nil {
		return err
	}
	if err := png.Encode(file, render.Card(why, why.Maps[0], nil)); err != nil {
		return err
	}
	return file.Close()
}

// classification returns a pipeline whose steps do the same as prep.
func classification(session *hugot.Session, folder string) (*pipelines.ImageClassificationPipeline, error) {
	mean, deviation := [3]float32{127. / 255, 127. / 255, 127. / 255}, [3]float32{128. / 255, 128. / 255, 128. / 255}
	return hugot.NewPipeline(session, hugot.ImageClassificationConfig{
		ModelPath: folder, Name: "classify",
		Options: []backends.PipelineOption[*pipelines.ImageClassificationPipeline]{
			pipelines.WithPreprocessSteps[*pipelines.ImageClassificationPipeline](imageutil.ResizeStep(side),
				imageutil.CenterCropStep(side, side)),
			pipelines.WithNormalizationSteps[*pipelines.ImageClassificationPipeline](imageutil.RescaleStep(),
				imageutil.PixelNormalizationStep(mean, deviation)),
		},
	})
}
