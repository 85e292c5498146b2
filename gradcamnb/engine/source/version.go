package source

import (
	"fmt"
	"path/filepath"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// newestOpset is the version of ONNX's operators that the rules know, which is that of onnx 1.23.
const newestOpset = 28

// oddOpset returns words for what is odd about the version of ONNX's operators that a file names; empty if nothing is.
func oddOpset(m *protos.ModelProto, path string) string {
	name := filepath.Base(path)
	for _, o := range m.GetOpsetImport() {
		if !onnxnorm.IsStandard(o.GetDomain()) {
			continue
		}
		switch v := o.GetVersion(); {
		case v < 1:
			return fmt.Sprintf("%s names version %d of ONNX's operators, which does not exist: they are read as in version 1", name, v)
		case v > newestOpset:
			return fmt.Sprintf("%s names version %d of ONNX's operators, and %d is the newest known here: later changes are ignored",
				name, v, newestOpset)
		}
		return ""
	}
	return name + " does not name the version of ONNX's operators: they are read as in version 1"
}
