package source

import (
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// leastLevels is the least number of grey values in which something is left of a picture.
const leastLevels = 16

// leaveToFile returns the maker's preprocessing without its mean and scale if the model takes bytes and these would
// leave nothing of a picture: they have moved into the file.
func (c Card) leaveToFile(p *imgio.Prep) *imgio.Prep {
	out := *p
	if c.CheckBytes(p) != nil {
		out.Mean, out.Scale = [3]float32{}, [3]float32{1, 1, 1}
	}
	return &out
}

// CheckBytes returns an error if the model takes whole numbers, and the preprocessing leaves only a few of them of a
// picture.
func (c Card) CheckBytes(p *imgio.Prep) error {
	if !strings.Contains(c.Type, "int") || p.Levels() >= leastLevels {
		return nil
	}
	return fmt.Errorf("the model %s takes whole numbers (%s), and (p - %v) / %v of the pixels p from 0 to 255 leaves no more than %d of them: such a file scales pictures itself, so give the mean 0 and the scale 1",
		c.Name, c.Type, p.Mean, p.Scale, p.Levels())
}
