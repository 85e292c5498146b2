package main

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"

	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/regular"
)

const hotHelp = "cut every map, and write what is hot as a mask, a box, polygons and COCO's run lengths into result.json, and the first one as mask.png: " +
	"over:VALUE in the map's unit, share:0.2 of its highest value, quantile:0.9, or otsu"

// cutFlag is the value of --hot: a cut, or nil.
type cutFlag struct{ *heatmap.Cut }

func (f *cutFlag) Set(text string) error {
	c, err := heatmap.ParseCut(text)
	f.Cut = &c
	return err
}

func (f *cutFlag) Type() string { return "cut" }

func (f *cutFlag) String() string {
	if f.Cut == nil {
		return ""
	}
	return f.Cut.String()
}

// reportHot is the hot part of a map in result.json. Coordinates are in pixels of the picture, x right, y down.
type reportHot struct {
	Cut       string      `json:"cut"`
	Threshold float64     `json:"threshold"` // in the map's unit
	Area      float64     `json:"area"`      // share of the picture
	Box       heatmap.Box `json:"box"`       // x0, y0, x1, y1 of the largest connected part
	Polygons  [][]int     `json:"polygons"`  // x, y, x, y, ...; the even-odd rule fills them to the mask
	RLE       coco.RLE    `json:"rle"`
}

func newReportHot(h *heatmap.HotRegion) *reportHot {
	r := &reportHot{Cut: h.Cut.String(), Threshold: h.Threshold, Area: h.Area, Box: h.Box, Polygons: [][]int{},
		RLE: coco.NewRLE(h.Mask)}
	for _, outline := range h.Mask.Outlines() {
		flat := make([]int, 0, 2*len(outline))
		for _, p := range outline {
			flat = append(flat, p.X, p.Y)
		}
		r.Polygons = append(r.Polygons, flat)
	}
	return r
}

// maxMask is the most bytes of a mask.png that are read.
const maxMask = 1 << 27

// removeMask removes the mask.png of an earlier run, so that a folder holds one run only. It keeps a mask.png that
// gradcam did not write.
func removeMask(dir string) error {
	path := filepath.Join(dir, "mask.png")
	data, err := regular.Read(path, maxMask)
	if err != nil {
		return nil //nolint:nilerr // there is none, or gradcam did not write it
	}
	if texts, err := render.ReadTexts(data); err != nil || texts["gradcam:model"] == "" {
		return nil //nolint:nilerr // a picture of the user's
	}
	return os.Remove(path)
}

// writeMask writes a mask as a picture, white for hot pixels and black for others.
func writeMask(dir string, r *heatmap.Result, h *heatmap.HotRegion) error {
	img := image.NewGray(image.Rect(0, 0, h.Mask.W, h.Mask.H))
	for i, v := range h.Mask.Values {
		if v > 0 {
			img.SetGray(i%h.Mask.W, i/h.Mask.W, color.Gray{Y: 255})
		}
	}
	png, err := render.EncodePNG(img, render.Provenance(r, r.Maps[0]))
	if err != nil {
		return fmt.Errorf("drawing the mask: %w", err)
	}
	return atomicfile.Write(filepath.Join(dir, "mask.png"), png)
}
