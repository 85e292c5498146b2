package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// drawnFlags holds the flags that say which detection is explained: one that the model finds, or one that the user
// draws.
type drawnFlags struct {
	number, instance   int
	class              string
	box, mask, polygon string
}

func (f *drawnFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.IntVar(&f.number, "detection", 1, "which detection, as gradcam detect numbers them")
	flags.IntVar(&f.instance, "instance", 1,
		"explain this instance by its mask instead, as gradcam detect numbers it; for a model with instance masks")
	flags.StringVar(&f.box, "box", "",
		"explain this box instead, x0,y0,x1,y1 in pixels of the picture: why is nothing found there? Needs --class")
	flags.StringVar(&f.mask, "mask", "",
		"explain this mask instead: a picture of the same size, white on the instance and black elsewhere; for a model with instance masks. Needs --class")
	flags.StringVar(&f.polygon, "polygon", "",
		"explain the mask with these corners instead, x0,y0,x1,y1,x2,y2,... in pixels of the picture. Needs --class")
	flags.StringVar(&f.class, "class", "", "class of the --box, --mask or --polygon, by number or name")
}

// target returns the target of the flags.
func (f *drawnFlags) target(c *cobra.Command) (gradcamnb.Target, error) {
	var given []string
	for _, name := range []string{"detection", "instance", "box", "mask", "polygon"} {
		if c.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return gradcamnb.Target{}, cli.Usagef("%s exclude each other", strings.Join(given, " and "))
	}
	if f.box == "" && f.mask == "" && f.polygon == "" {
		if c.Flags().Changed("class") {
			return gradcamnb.Target{}, cli.Usagef("--class goes with --box, --mask or --polygon")
		}
		return f.foundTarget(c)
	}
	if !c.Flags().Changed("class") {
		return gradcamnb.Target{}, cli.Usagef("%s needs --class: the number or name of the class that could be there", given[0])
	}
	switch {
	case f.mask != "":
		img, err := imgio.Open(f.mask)
		if err != nil {
			return gradcamnb.Target{}, fmt.Errorf("the mask: %w", err)
		}
		return f.ofClass(gradcamnb.Mask(heatmap.MaskOf(imgio.Straight(img)), 0)), nil
	case f.polygon != "":
		return f.polygonTarget(c)
	}
	v, err := numbers("--box", f.box)
	if err != nil {
		return gradcamnb.Target{}, err
	}
	if len(v) != 4 {
		return gradcamnb.Target{}, cli.Usagef("--box %q: write x0,y0,x1,y1", f.box)
	}
	return f.ofClass(gradcamnb.Box(heatmap.Box(v), 0)), nil
}

// ofClass returns a target for the class of --class.
func (f *drawnFlags) ofClass(t gradcamnb.Target) gradcamnb.Target {
	if i, err := strconv.Atoi(f.class); err == nil {
		t.Index = []int{i}
	} else {
		t.Index, t.Value = nil, f.class
	}
	return t
}

// foundTarget returns a detection that the model finds, or its instance.
func (f *drawnFlags) foundTarget(c *cobra.Command) (gradcamnb.Target, error) {
	flag, number, target := "--detection", f.number, gradcamnb.Detection
	if c.Flags().Changed("instance") {
		flag, number, target = "--instance", f.instance, gradcamnb.Instance
	}
	if number < 1 {
		return gradcamnb.Target{}, cli.Usagef("%s %d: detections are numbered from 1, the surest", flag, number)
	}
	return target(number), nil
}

// polygonTarget returns the mask of --polygon, in the size of the picture.
func (f *drawnFlags) polygonTarget(c *cobra.Command) (gradcamnb.Target, error) {
	v, err := numbers("--polygon", f.polygon)
	if err != nil {
		return gradcamnb.Target{}, err
	}
	if len(v) < 6 || len(v)%2 != 0 {
		return gradcamnb.Target{}, cli.Usagef("--polygon %q: write three corners or more, x0,y0,x1,y1,x2,y2,...", f.polygon)
	}
	pictures, ok := c.Flags().Lookup("image").Value.(pflag.SliceValue)
	if !ok || len(pictures.GetSlice()) != 1 {
		return gradcamnb.Target{}, cli.Usagef("--image: name one picture")
	}
	picture := pictures.GetSlice()[0]
	img, err := imgio.Open(picture)
	if err != nil {
		return gradcamnb.Target{}, explainFlags{takes: onePicture}.pictureError(picture, err)
	}
	var corners [][2]float64
	for ; len(v) > 0; v = v[2:] {
		corners = append(corners, [2]float64{v[0], v[1]})
	}
	return f.ofClass(gradcamnb.Mask(heatmap.Polygon(img.Bounds().Dx(), img.Bounds().Dy(), corners...), 0)), nil
}

// numbers reads numbers with commas between them.
func numbers(flag, text string) ([]float64, error) {
	var out []float64
	for p := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, cli.Usagef("%s %q: %q is no number", flag, text, p)
		}
		out = append(out, v)
	}
	return out, nil
}
