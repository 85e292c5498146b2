package source

import (
	"strings"

	"github.com/gomlx/gomlx/ml/model"
)

// Depth implements [Model]. It returns the place of the first node of the file that reads the weight. The name of a
// rewritten weight begins with that of the file's.
func (m *onnxModel) Depth(path string) int {
	name := path[strings.LastIndex(path, model.ScopeSeparator)+1:]
	of, longest := -1, 0
	for weight, at := range m.findReaders() {
		rest, ok := strings.CutPrefix(name, weight)
		if ok && len(weight) > longest && (rest == "" || rest[0] == '@') {
			of, longest = at, len(weight)
		}
	}
	return of
}

// Depth implements [Model]. It returns the place of the first node of the graph that reads the variable. A variable
// that the function does not read, such as an optimiser's memory, has none.
func (m *gomlxModel) Depth(path string) int {
	if at, ok := m.listed.locateVariable(path); ok {
		return at.place
	}
	return -1
}

// findReaders returns the place of the first node that reads each weight, by the weight's name in the store.
func (m *onnxModel) findReaders() map[string]int {
	out := map[string]int{}
	for _, p := range m.proto.GetGraph().GetInitializer() {
		out[variableName(p.GetName())] = -1
	}
	for i, n := range m.proto.GetGraph().GetNode() {
		for _, input := range n.GetInput() {
			if at, ok := out[variableName(input)]; ok && at < 0 {
				out[variableName(input)] = i
			}
		}
	}
	return out
}
