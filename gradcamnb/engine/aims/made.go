package aims

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// locateError says of an error about a tensor which line of the user's graph function made it.
func locateError(l source.Layer, err error) error {
	if l.Made == "" {
		return err
	}
	return fmt.Errorf("%w (%s makes it)", err, l.Made)
}
