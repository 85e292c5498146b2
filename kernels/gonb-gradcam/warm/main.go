// Command warm links what a cell links. It is only built, to fill Go's build cache.
package main

import (
	"github.com/gradcam-go/gradcam/gradcamnb"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/nb"
)

func main() {
	nb.MustShow(gradcamnb.MustOpen("model.onnx").MustExplain(imgio.MustOpen("picture.png")))
}
