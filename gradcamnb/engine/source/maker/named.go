package maker

import (
	"fmt"
	"slices"
	"strings"
)

// Named reads the names of the classes that an export wrote into the file's metadata under one of the usual words: a
// list or a dictionary, in JSON or as Python prints it, or names between commas or line ends.
var Named = register(Maker{Name: "metadata", Place: InFile, Tell: func(f File) (*Metadata, error) {
	if f.Props["stride"] != "" && f.Props["names"] != "" { // Ultralytics has its own way
		return nil, nil
	}
	for _, key := range []string{"names", "labels", "classes", "class_names", "class_labels", "id2label"} {
		if names := readPlainNames(f.Props[key]); names != nil {
			return &Metadata{By: fmt.Sprintf("as %q in its metadata says", key), Labels: names}, nil
		}
	}
	return nil, nil
}})

// readPlainNames reads the names of classes, also from a text with names between commas or line ends; nil if they are
// none. A single word that is no list is none: it may be anything.
func readPlainNames(s string) []string {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s[:1], `[{(`) {
		return readNames(s)
	}
	list := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(list) < 2 {
		list = strings.Split(s, ",")
	}
	for i, name := range list {
		list[i] = strings.TrimSpace(name)
	}
	if len(list) < 2 || slices.Contains(list, "") {
		return nil
	}
	return list
}
