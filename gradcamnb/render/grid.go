package render

import (
	"fmt"
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// These are the measures of a grid of pictures.
const (
	gridSide  = 150  // longest side of a picture, in pixels
	gridWidth = 1000 // of the whole, at most, in pixels; pictures that do not fit go to the next row
	gridWords = 3    // lines below a picture
)

// Grid returns a figure with one map of each of many pictures, side by side and wrapped to the page. Below each map
// stand the picture's name, the explained class with its probability, and the range of the colours. What all maps have
// in common stands in the title. Each result must have a map.
func Grid(results []*heatmap.Result, o *Options) *image.NRGBA {
	f := faces()
	maps := make([]*heatmap.Map, len(results))
	for i, r := range results {
		maps[i] = r.Maps[openingMap([]*heatmap.Result{r}, o)[1]]
	}
	across := min(len(results), (gridWidth-2*margin+cellGap)/(gridSide+cellGap))
	var heights []int // of the pictures of each row
	for i, r := range results {
		if i%across == 0 {
			heights = append(heights, 0)
		}
		_, h := thumbSize(r, maps[i], gridSide)
		heights[len(heights)-1] = max(heights[len(heights)-1], h)
	}
	top := margin + 14 + lineH
	height := top + margin
	for _, h := range heights {
		height += h + gridWords*captionH + 2*cellGap
	}
	c := o.canvas(max(2*margin+across*(gridSide+cellGap)-cellGap, 520), height)
	c.text(gridTitle(results, maps), image.Pt(margin, margin+14), c.Rect.Dx()-2*margin, f.title, ink)
	titles := heatmap.PictureNames(results)
	y := top
	for i, r := range results {
		if i > 0 && i%across == 0 {
			y += heights[i/across-1] + gridWords*captionH + 2*cellGap
		}
		x := margin + i%across*(gridSide+cellGap)
		w, h := thumbSize(r, maps[i], gridSide)
		c.put(overlaid(r, maps[i], o, thumbnail(r, w, h), image.Pt(w, h)), x, y)
		line := y + heights[i/across] + captionUp
		c.text(titles[i], image.Pt(x, line), gridSide, f.small, ink)
		c.text(explainedWords(r, maps[i], gridSide, f.small), image.Pt(x, line+captionH), gridSide, f.small, mark)
		caption, col := o.scale(maps[i]).words(maps[i].Unit), faint
		if maps[i].Diagnosis != "" {
			caption, col = firstClause(maps[i].Diagnosis), mark
		}
		c.text(caption, image.Pt(x, line+2*captionH), gridSide, f.small, col)
	}
	return c.NRGBA
}

// gridTitle returns a title with what the maps have in common.
func gridTitle(results []*heatmap.Result, maps []*heatmap.Map) string {
	title := clean(results[0].Model)
	made := clean(methodWords(maps[0]))
	for _, m := range maps {
		if clean(methodWords(m)) != made {
			return fmt.Sprintf("%s: %d pictures", title, len(results))
		}
	}
	return fmt.Sprintf("%s: %s, %d pictures", title, made, len(results))
}
