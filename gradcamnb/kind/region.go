package kind

import (
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/npyfile"
)

// Region is the kind of target for the logit of a class of a segmentation, summed over a mask of its pixels. Without a
// mask it is summed over the region where the class is the prediction.
var Region = Register(Kind{
	Name: "region", Score: "region", Call: "Region",
	Forms: []Form{
		{"region:CLASS[:mean]", "a class of a segmentation where it is predicted"},
		{"region:CLASS:MASK.npy[:mean]", "a class of a segmentation over a mask"},
	},
	Read:      readRegion,
	Write:     func(s Spec) string { return "region:" + s.element() + meanSuffix(s) },
	WithIndex: setIndex,
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		return wrapOne(resolveMasks(sc, s, segmentation.region))
	},
})

// region returns the mask of the pixels that are predicted as a class.
func (p segmentation) region(class int) (heatmap.Grid, error) {
	m := heatmap.NewGrid(p.w, p.h)
	empty := true
	for k, c := range p.class {
		if c == class {
			m.Values[k], empty = 1, false
		}
	}
	if empty && p.w*p.h == 1 {
		return m, fmt.Errorf("the output has one cell, which is of class %d: it is a list of classes, so explain class %d "+
			"instead of a region", p.class[0], class)
	}
	if empty {
		return m, fmt.Errorf("no pixel is predicted as class %d, so its region is empty; the classes that are predicted are %v", class, p.classes())
	}
	return m, nil
}

// readRegion reads CLASS[:mean] or CLASS:MASK.npy[:mean]. The file holds one mask, [H, W], or one for each picture,
// [batch, H, W].
func readRegion(rest string) (Spec, error) {
	rest, mean := strings.CutSuffix(rest, ":mean")
	class, file, masked := strings.Cut(rest, ":")
	s, err := readNamesOrNumbers("region")(class)
	s.Mean = mean
	if err != nil || !masked {
		return s, err
	}
	dims, values, err := npyfile.Read(file)
	if err != nil {
		return Spec{}, err
	}
	if len(dims) == 2 {
		dims = append([]int{1}, dims...)
	}
	if len(dims) != 3 {
		return Spec{}, textErrorf("the mask has the shape %v and must be [H, W] or [batch, H, W]", dims)
	}
	n := dims[1] * dims[2]
	for i := range dims[0] {
		s.Masks = append(s.Masks, heatmap.Grid{H: dims[1], W: dims[2], Values: values[i*n : (i+1)*n]})
	}
	return s, nil
}
