package study

import (
	"encoding/base64"
	"html/template"
	"image"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

const (
	manyClasses = 30 // classes that a report shows; the summary has all
	manyCells   = 8  // methods and layers that a report shows side by side
)

type curvesPage struct {
	Metric string
	Plots  []template.HTML
}

// classesPage is the data of the table of mean maps: classes down, methods and layers across.
type classesPage struct {
	Cells []Cell
	Rows  []classPage
	Left  int // classes that are not shown
	More  int // methods and layers that are not shown
}

type classPage struct {
	Class string
	N     int // maps of one cell
	Means []meanPage
}

type meanPage struct {
	Image template.URL
	Where string
}

func (s *Summary) classesPage() classesPage {
	var out classesPage
	for _, c := range s.Classes {
		if !slices.Contains(out.Cells, c.Cell) {
			out.Cells = append(out.Cells, c.Cell)
		}
	}
	slices.SortFunc(out.Cells, Cell.compare)
	out.More = max(0, len(out.Cells)-manyCells)
	out.Cells = out.Cells[:len(out.Cells)-out.More]
	left := ""
	for _, c := range s.Classes {
		if len(out.Rows) == 0 || out.Rows[len(out.Rows)-1].Class != c.Class {
			if len(out.Rows) == manyClasses {
				if out.Left == 0 || left != c.Class {
					out.Left++
				}
				left = c.Class
				continue
			}
			out.Rows = append(out.Rows, classPage{Class: c.Class, Means: make([]meanPage, len(out.Cells))})
		}
		row := &out.Rows[len(out.Rows)-1]
		row.N = max(row.N, c.N)
		if k := slices.Index(out.Cells, c.Cell); k >= 0 {
			row.Means[k] = meanPage{meanImage(c.Mean), c.Where}
		}
	}
	return out
}

// meanImage returns a mean map as a picture, one pixel for each part, as a data URL.
func meanImage(mean []float64) template.URL {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	most := slices.Max(mean)
	for i, v := range mean {
		img.SetNRGBA(i%side, i/side, render.BlackBody.At(v/most))
	}
	data, err := render.EncodePNG(img, nil)
	if err != nil {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data))
}

type clustersPage struct {
	Cell   Cell
	Groups []clusterPage
}

type clusterPage struct {
	Cluster
	Labelled bool // some pictures have a label that is a class of the cell's model
	Image    template.URL
	Examples []examplePage
}

// isLabelled tells whether some pictures have a label that is a class of a model.
func (s *Summary) isLabelled(model string) bool {
	return slices.ContainsFunc(s.Answers, func(a Answers) bool { return a.Model == model && a.Labelled > 0 })
}

// clustersPages returns the clusters of the first cells, and the number of cells that are left out.
func (s *Summary) clustersPages(drawn *thumbnails) (out []clustersPage, more int) {
	for i, c := range s.Clusters { // those of one cell follow one another
		isFirst := i == 0 || c.Cell != s.Clusters[i-1].Cell
		switch {
		case isFirst && len(out) == manyCells:
			more++
		case isFirst:
			out = append(out, clustersPage{Cell: c.Cell})
		}
		if more > 0 {
			continue
		}
		p := clusterPage{Cluster: c, Image: meanImage(c.Mean), Labelled: s.isLabelled(c.Cell.Model)}
		for _, r := range c.Examples {
			p.Examples = append(p.Examples, examplePage{Example{Row: r}, drawn.draw(r), drawn.name(c.Cell)})
		}
		at := &out[len(out)-1]
		at.Groups = append(at.Groups, p)
	}
	return out, more
}
