package study

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

const maxLabelBytes = 4 << 10 // of a label of a Parquet file

// labelsOf returns the labels of all rows, none if there is no such column, and the names of the classes if the file
// has them. Then a label is the name of its number, and -1 is no label. A file may have one label for millions of rows,
// so the same labels are one text.
func labelsOf(f openedParquet) (labels, classes []string, err error) {
	name, c, ok := labelColumn(f.Schema())
	if !ok {
		return nil, nil, nil
	}
	classes = classNames(f, name)
	known := map[string]string{}
	long := false
	for i, group := range f.RowGroups() {
		end := len(labels) + int(group.NumRows())
		err := f.values(i, c, 0, func(v parquet.Value) bool {
			if long = isBytes(v) && len(v.ByteArray()) > maxLabelBytes; long || len(labels) == end {
				return false // the column has more values than the group rows
			}
			text := ""
			if !v.IsNull() {
				text = nameOf(v.String(), classes)
			}
			if _, ok := known[text]; !ok {
				known[text] = text
			}
			labels = append(labels, known[text])
			return true
		})
		if long {
			return nil, nil, fmt.Errorf("a label has more than %d bytes", maxLabelBytes)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return labels, classes, nil
}

// isBytes tells whether a value is a text.
func isBytes(v parquet.Value) bool {
	return v.Kind() == parquet.ByteArray || v.Kind() == parquet.FixedLenByteArray
}

// labelColumn returns the column of the labels, and its name.
func labelColumn(s *parquet.Schema) (name string, c parquet.LeafColumn, ok bool) {
	for _, name := range []string{"label", "labels", "fine_label", "class", "class_name", "category", "cls", "target"} {
		if c, ok := s.Lookup(name); ok && c.MaxRepetitionLevel == 0 {
			return name, c, true
		}
	}
	return "", c, false
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

// classNames returns the names of the classes of a column, in the order of their numbers, as data sets of the hub have
// them; none if the file does not say them.
func classNames(f openedParquet, column string) []string {
	text, _ := f.Lookup("huggingface")
	var about struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	var feature struct{ Names []string }
	if json.Unmarshal([]byte(text), &about) != nil || json.Unmarshal(about.Info.Features[column], &feature) != nil {
		return nil
	}
	return feature.Names
}
