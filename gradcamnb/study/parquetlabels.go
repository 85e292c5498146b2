package study

import (
	"encoding/json"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// labelsOf returns the labels of all rows, none if there is no such column, and the names of the classes if the file
// has them. Then a label is the name of its number, and -1 is no label.
func labelsOf(f *parquet.File) (labels, classes []string, err error) {
	c, ok := f.Schema().Lookup("label")
	if !ok || c.MaxRepetitionLevel > 0 {
		return nil, nil, nil
	}
	classes = classNames(f)
	for _, group := range f.RowGroups() {
		end := len(labels) + int(group.NumRows())
		err := columnValues(group.ColumnChunks()[c.ColumnIndex], 0, func(v parquet.Value) bool {
			if len(labels) == end { // the column has more values than the group rows
				return false
			}
			text := ""
			if !v.IsNull() {
				text = nameOf(v.String(), classes)
			}
			labels = append(labels, text)
			return true
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return labels, classes, nil
}

// nameOf returns the name of the class that a label is the number of; the label itself if it is none.
func nameOf(label string, classes []string) string {
	switch k, err := strconv.Atoi(label); {
	case err != nil || len(classes) == 0 || k >= len(classes) || k < -1:
		return label
	case k == -1: // as data sets of the hub mark what has no label
		return ""
	default:
		return classes[k]
	}
}

// classNames returns the names of the classes of the column label, in the order of their numbers, as data sets of the
// hub have them; none if the file does not say them.
func classNames(f *parquet.File) []string {
	text, _ := f.Lookup("huggingface")
	var about struct {
		Info struct {
			Features struct {
				Label struct{ Names []string } `json:"label"`
			} `json:"features"`
		} `json:"info"`
	}
	if json.Unmarshal([]byte(text), &about) != nil {
		return nil
	}
	return about.Info.Features.Label.Names
}
