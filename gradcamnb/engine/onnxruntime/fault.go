//go:build cgo && !noonnxruntime

package onnxruntime

import (
	"fmt"
	"regexp"
	"strings"
)

// fault is an error of onnxruntime in our words. Its own words, which name places in its source, stay behind it.
type fault struct {
	message string
	cause   error
}

func (f *fault) Error() string { return f.message }

// Unwrap returns the error in onnxruntime's own words.
func (f *fault) Unwrap() error { return f.cause }

// reasons are what onnxruntime says, and what that means for a person with a model. The first one that is found counts;
// $1, $2 are the parts of its words.
var reasons = []struct {
	said  *regexp.Regexp
	means string
}{
	{regexp.MustCompile(`(?i)failed to allocate memory|bad_alloc|bad allocation`), "it needs more memory than there is"},
	{regexp.MustCompile(`No Op registered for (\S+) with domain_version of (-?\d+)`),
		`it does not know the operator "$1" of version $2 of its operators`},
	{regexp.MustCompile(`No opset import for domain '([^']*)'`), `the file names no version of the operators of "$1"`},
	{regexp.MustCompile(`Fatal error: (\S+?)\(-?\d+\) is not a registered function/op`), `it does not know the operator "$1"`},
	{regexp.MustCompile(`Unsupported model IR version: (\d+), max supported IR version: (\d+)`),
		"the file is of ONNX's format $1, and this onnxruntime reads up to $2"},
	{regexp.MustCompile(`Opset (-?\d+) is under development`),
		"the file is of version $1 of ONNX's operators, which this onnxruntime does not know"},
	{regexp.MustCompile(`(?s)Got invalid dimensions for input: (\S+).*?index: (\d+) Got: (\d+) Expected: (-?\d+)`),
		`the input "$1" has $3 at axis $2, counted from 0, and the file says $4`},
	{regexp.MustCompile(`running (\w+) node\. Name:'([^']*)'`),
		`operator $1, node "$2": it cannot be computed with these shapes and values`},
	{regexp.MustCompile(`Node \(([^)]*)\) Op \((\w+)\)`),
		`operator $2, node "$1": its attributes, shapes and inputs contradict each other`},
	{regexp.MustCompile(`(?i)data of type|type error|type parameter`), "the types of an operator's inputs contradict each other"},
	{regexp.MustCompile(`not acyclic`), "its nodes read each other in a circle"},
	{regexp.MustCompile(`(?i)shared library|library "`), "the file is not its library, or it is of another system"},
}

// inWords returns an error of onnxruntime as one sentence that begins with the given text.
func inWords(doing string, err error) error {
	said := err.Error()
	for _, r := range reasons {
		if at := r.said.FindStringSubmatchIndex(said); at != nil {
			means := string(r.said.ExpandString(nil, r.means, said, at))
			return &fault{fmt.Sprintf("%s: %s", doing, strings.Join(strings.Fields(means), " ")), err}
		}
	}
	return &fault{doing + ": the file is damaged, or has something that this onnxruntime does not support", err}
}
