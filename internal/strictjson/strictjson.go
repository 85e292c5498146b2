// Package strictjson reads JSON that people have written, and describes errors in their words.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Decode reads data, which holds one value and nothing after it, into v. A field that v does not have is an error, and
// so is one that an object has twice, be it in another case. A byte order mark, which editors of Windows write, is
// ignored.
func Decode(data []byte, v any) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if isUnknown(err) { // the walk over the names knows which others there are
			if err := checkNames(data, reflect.TypeOf(v)); err != nil {
				return err
			}
		}
		return plainError(data, err)
	}
	if d.Decode(&struct{}{}) != io.EOF {
		return errors.New("there is something after the closing brace")
	}
	return checkNames(data, reflect.TypeOf(v))
}

// Unmarshal reads data, which holds one value, into v. It passes over fields that v does not have, as in files of other
// programs, and takes the later one of two.
func Unmarshal(data []byte, v any) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(data, v); err != nil {
		return plainError(data, err)
	}
	return nil
}

// plainError returns an error of encoding/json without its names for Go's types.
func plainError(data []byte, err error) error {
	var (
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
	)
	switch {
	case errors.Is(err, io.EOF), len(bytes.TrimSpace(data)) == 0:
		return errors.New("it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input":
		return errors.New("it ends too early: a bracket, brace or quotation mark is not closed")
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return fmt.Errorf("line %d: %s", line, describeSyntax(syntax.Error()))
	case errors.As(err, &kind):
		field := kind.Field[strings.LastIndex(kind.Field, ".")+1:]
		if field == "" {
			return fmt.Errorf("it is %s, and should be %s", kindOf(kind.Value), describeType(kind.Type))
		}
		return fmt.Errorf("%q is %s, and should be %s", field, kindOf(kind.Value), describeType(kind.Type))
	}
	if isUnknown(err) {
		return fmt.Errorf("there is no field %s", strings.TrimPrefix(err.Error(), unknownField))
	}
	return err
}

// unknownField begins encoding/json's error of a field that the value does not have.
const unknownField = "json: unknown field "

func isUnknown(err error) bool { return strings.HasPrefix(err.Error(), unknownField) }

// describeSyntax returns plain words for a slip that people make, such as writing Python, and encoding/json's own words
// for any other.
func describeSyntax(said string) string {
	at := strings.TrimPrefix(said, "invalid character ")
	switch {
	case strings.HasPrefix(at, `'\''`):
		return "texts and names stand between double quotation marks, \"like this\""
	case strings.HasPrefix(at, "'}' looking for"), strings.HasPrefix(at, "']' looking for"):
		return "nothing follows a comma: take it away"
	case strings.HasSuffix(at, "after object key:value pair"), strings.HasSuffix(at, "after array element"):
		return "a comma is missing, or a bracket (" + said + ")"
	case strings.HasPrefix(at, "'T' looking"), strings.HasPrefix(at, "'F' looking"):
		return "true and false are written with small letters"
	case strings.HasPrefix(at, "'N' looking"):
		return "JSON has no NaN, and None is written null"
	case strings.HasPrefix(at, "'#' looking"), strings.HasPrefix(at, "'/' looking"):
		return "JSON has no comments: take it away"
	}
	return said
}

// kindOf returns plain words for a value as encoding/json calls it, such as a list for an array, or text for a string.
func kindOf(value string) string {
	switch value {
	case "array":
		return "a list"
	case "string":
		return "a text in quotation marks"
	case "object":
		return "an object"
	}
	return "a " + value
}

// describeType returns words for how a value of a type is written.
func describeType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list, [...]"
	case reflect.Pointer:
		return describeType(t.Elem())
	}
	return "an object, {...}"
}
