package source

import (
	"strings"

	"github.com/gomlx/gomlx/ml/model"
)

// Depth implements [Model]: the place among the file's nodes of the first one that reads the weight. A rewritten
// weight's name begins with that of the file's.
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

// Depth implements [Model]: the place among the graph's nodes at which the function reads the variable first. What
// it does not read, as what an optimiser remembers, has none.
func (m *gomlxModel) Depth(path string) int {
	m.listed.mu.Lock()
	defer m.listed.mu.Unlock()
	for _, one := range m.listed.of {
		if at, ok := one.order[path]; ok {
			return at
		}
	}
	return -1
}

// findReaders returns the place of the first node that reads each weight, by the name that the weight has in the store.
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
