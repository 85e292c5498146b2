package aims

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// locateError adds to an error about a tensor the line of the user's graph function that makes the tensor.
func locateError(l source.Layer, err error) error {
	if l.Made == "" {
		return err
	}
	return fmt.Errorf("%w (%s makes %q)", err, l.Made, l.Name)
}
