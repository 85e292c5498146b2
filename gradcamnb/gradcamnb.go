// Package gradcamnb shows why a vision model said what it said.
//
//	model := gradcamnb.MustOpen("efficientnet-lite0.onnx")
//	cat := imgio.MustOpen("cat.png")
//	nb.MustShow(model.MustExplain(cat))
//
// This package is the thin front: it holds plain data and no graph code. A
// program links the engine that answers it with a blank import,
//
//	import _ "github.com/gradcam-go/gradcam/gradcamnb/engine"
package gradcamnb
