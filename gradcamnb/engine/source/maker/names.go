package maker

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readNames reads the names of all classes from a list of names, a dictionary of names by class or of classes by name,
// or a list of entries {"id": 0, "name": "cat"}, in JSON or as Python prints it. It returns nil if the text is anything
// else, if a class is missing, or if no name means anything. A name in a list may be empty.
func readNames(s string) []string {
	if !json.Valid([]byte(s)) {
		s = pythonToJSON(s)
	}
	var list []string
	var byClass map[string]string
	var byName map[string]int
	var entries []struct {
		ID   *int    `json:"id"`
		Name *string `json:"name"`
	}
	pairs := 0
	data := []byte(s)
	switch {
	case json.Unmarshal(data, &list) == nil:
		return cleanNames(list)
	case json.Unmarshal(data, &byClass) == nil:
		pairs = len(byClass)
	case json.Unmarshal(data, &byName) == nil:
		byClass, pairs = map[string]string{}, len(byName)
		for name, class := range byName {
			byClass[strconv.Itoa(class)] = name
		}
	case json.Unmarshal(data, &entries) == nil:
		byClass, pairs = map[string]string{}, len(entries)
		for _, e := range entries {
			if e.ID == nil || e.Name == nil {
				return nil
			}
			byClass[strconv.Itoa(*e.ID)] = *e.Name
		}
	}
	if len(byClass) != pairs { // two names of one class
		return nil
	}
	names, err := namesInOrder(byClass)
	if err != nil {
		return nil
	}
	return names
}

// namesInOrder returns the names of the classes 0, 1, ... from a dictionary by class; nil if none of them means
// anything. It returns an error if a class is missing.
func namesInOrder(byClass map[string]string) ([]string, error) {
	names := make([]string, len(byClass))
	for i := range names {
		name, ok := byClass[strconv.Itoa(i)]
		if !ok {
			return nil, fmt.Errorf("names %d classes and not the class %d", len(names), i)
		}
		names[i] = name
	}
	return cleanNames(names), nil
}

// cleanNames returns the names, or nil if all are empty or those that transformers makes up: LABEL_0, LABEL_1, ...
func cleanNames(names []string) []string {
	for i, name := range names {
		if name != "" && name != "LABEL_"+strconv.Itoa(i) {
			return names
		}
	}
	return nil
}

// pythonToken matches a text, a whole number or a mark of a list or dictionary.
var pythonToken = regexp.MustCompile(`^\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+|[\[\](){}:,])\s*`)

// The limits of what Python prints: 20,000 names take less than a megabyte, and no list of entries goes deeper.
const (
	mostPrinted   = 4 << 20
	deepestPrints = 2
)

// nests tells by how much a mark changes the depth.
var nests = map[string]int{"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}

// pythonToJSON returns lists and dictionaries of texts and whole numbers, as Python prints them, as JSON. It is empty
// if the text is anything else, or beyond the limits.
func pythonToJSON(s string) string {
	if len(s) > mostPrinted {
		return ""
	}
	var out []string
	depth := 0
	for s != "" {
		found := pythonToken.FindStringSubmatch(s)
		if found == nil {
			return ""
		}
		s = s[len(found[0]):]
		token := found[1]
		if depth += nests[token]; depth > deepestPrints {
			return ""
		}
		switch first := token[0]; {
		case first == '\'' || first == '"':
			text, _ := json.Marshal(unquotePython(token)) // a text has no error
			token = string(text)
		case strings.HasPrefix(s, ":"): // a number that is a key
			token = strconv.Quote(token)
		case first == '(':
			token = "["
		case first == ')':
			token = "]"
		}
		if n := len(out); n > 0 && out[n-1] == "," && slices.Contains([]string{"]", "}"}, token) {
			out = out[:n-1]
		}
		out = append(out, token)
	}
	return strings.Join(out, "")
}

// unquotePython returns the text between quotes, with its escapes resolved. One that Python does not know stands for
// itself.
func unquotePython(quoted string) string {
	quote, s := quoted[0], quoted[1:len(quoted)-1]
	var out strings.Builder
	for s != "" {
		char, _, rest, err := strconv.UnquoteChar(s, quote)
		if err != nil {
			next, size := utf8.DecodeRuneInString(s[1:]) // only what follows a backslash can be wrong
			char, rest = next, s[1+size:]
		}
		out.WriteRune(char)
		s = rest
	}
	return out.String()
}
