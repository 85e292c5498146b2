package strictjson

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// UnknownFieldError is the error of a field that the value does not have.
type UnknownFieldError struct {
	Name  string   // of the field
	known []string // the names that there are
}

func (e *UnknownFieldError) Error() string {
	return fmt.Sprintf("there is no field %.100q%s; there are %s", e.Name, nearest.DidYouMean(e.Name, e.known),
		strings.Join(e.known, ", "))
}

// checkNames returns an error if an object has a field twice, or one that its type does not have. Of two encoding/json
// takes the later one without a word, also if they are written in another case, as Mean and mean. data is valid JSON
// that is read into a value of type t.
func checkNames(data []byte, t reflect.Type) error {
	stack := []openValue{{elem: t}}
	for at := 0; at < len(data); at++ {
		in := &stack[len(stack)-1]
		switch data[at] {
		case '{', '[':
			stack = append(stack, open(in.elem, data[at] == '{'))
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			in.named = false
		case '"':
			end := textEnd(data, at)
			if in.names != nil && !in.named {
				var name string
				if err := json.Unmarshal(data[at:end], &name); err != nil {
					return err
				}
				if err := in.name(name); err != nil {
					return err
				}
			}
			at = end - 1
		}
	}
	return nil
}

// openValue is an object or a list that has begun.
type openValue struct {
	names  map[string]string       // the names so far by how they are told apart; nil in a list
	fields map[string]reflect.Type // the types of the fields by their folded names; nil if any name is a name of its own
	known  []string                // the names of the fields
	elem   reflect.Type            // of the next value; nil if it reads itself, or is of any type
	named  bool                    // the name of the field has been read
}

// open begins an object or a list that is read into a value of type t.
func open(t reflect.Type, object bool) openValue {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var v openValue
	if object {
		v.names = map[string]string{}
	}
	switch {
	case t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
	case object && t.Kind() == reflect.Struct:
		v.takeFields(t)
	case object && t.Kind() == reflect.Map, !object && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		v.elem = t.Elem()
	}
	return v
}

// takeFields sets the fields to those of a struct that encoding/json reads.
func (v *openValue) takeFields(t reflect.Type) {
	v.fields = map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() || f.Anonymous && name == "" {
			continue
		}
		name = cmp.Or(name, f.Name)
		v.fields[fold(name)] = f.Type
		v.known = append(v.known, name)
	}
}

// name takes the name of the next field.
func (v *openValue) name(name string) error {
	key := name
	if v.fields != nil {
		key = fold(name)
		var ok bool
		if v.elem, ok = v.fields[key]; !ok {
			return &UnknownFieldError{name, v.known}
		}
	}
	if before, ok := v.names[key]; ok && before != name {
		return fmt.Errorf("%.100q is given twice, as %.100q and as %.100q", strings.ToLower(name), before, name)
	} else if ok {
		return fmt.Errorf("%.100q is given twice", name)
	}
	v.names[key], v.named = name, true
	return nil
}

// fold returns the name with the first of the letters that encoding/json takes for the same in the place of each.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, name)
}

// textEnd returns the place after a text in quotation marks.
func textEnd(data []byte, at int) int {
	for at++; at < len(data) && data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return min(at+1, len(data))
}
