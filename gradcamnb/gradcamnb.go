// Package gradcamnb shows why a vision model said what it said.
//
//	model := gradcamnb.MustOpen("efficientnet-lite0.onnx")
//	cat := imgio.MustOpen("cat.png")
//	nb.MustShow(model.MustExplain(cat))
//
// This package is a thin front: it holds plain data and no graph code. An engine does the work. In a notebook on the
// kernel "Go (Grad-CAM)" that is the kernel's engine, which outlives the cells and keeps models and compiled programs.
// Any other program links an engine with a blank import:
//
//	import _ "github.com/gradcam-go/gradcam/gradcamnb/engine"
//
// The same code runs with both. A model that is defined in Go code is always explained by the program that defines it.
package gradcamnb
