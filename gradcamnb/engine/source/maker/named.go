package maker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Named reads the names of the classes that an export wrote into the file's metadata under one of the usual words: a
// list or a dictionary by class, in JSON or as Python prints it, or names between commas or line ends.
var Named = register(Maker{Name: "metadata", Place: InFile, Tell: func(f File) (*Metadata, error) {
	if f.Props["stride"] != "" && f.Props["names"] != "" { // Ultralytics has its own way
		return nil, nil
	}
	for _, key := range []string{"names", "labels", "classes", "class_names", "class_labels", "id2label"} {
		if names := readNames(f.Props[key]); names != nil {
			return &Metadata{By: fmt.Sprintf("as %q in its metadata says", key), Labels: names}, nil
		}
	}
	return nil, nil
}})

// readNames reads the names of classes; nil if they are none. A single word that is no list is none: it may be
// anything.
func readNames(s string) []string {
	var list []string
	var byClass map[string]string
	switch s = strings.TrimSpace(s); {
	case s == "":
		return nil
	case json.Unmarshal([]byte(s), &list) == nil:
		if len(list) == 0 || slices.Contains(list, "") {
			return nil
		}
		return list
	case json.Unmarshal([]byte(s), &byClass) == nil:
		return inOrder(byClass)
	case strings.ContainsAny(s[:1], "[{("):
		return pythonNames(s)
	}
	list = strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
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

// inOrder returns the names of the classes 0, 1, ...; nil if one is missing.
func inOrder(byClass map[string]string) []string {
	var out []string
	for i := range len(byClass) {
		name, ok := byClass[strconv.Itoa(i)]
		if !ok {
			return nil
		}
		out = append(out, name)
	}
	return out
}
