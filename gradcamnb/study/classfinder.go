package study

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// classFinder finds a model's classes by their names.
type classFinder struct {
	n     int              // classes that have names
	named map[string][]int // the classes that are called just so
	whole map[string][]int // by their names as [kind.FoldWords] writes them
	parts map[string][]int // likewise by the parts of their names between commas
}

// newClassFinder returns a finder of the classes with the labels of a model, which are in the order of their numbers.
func newClassFinder(labels []string) *classFinder {
	c := &classFinder{n: len(labels), named: map[string][]int{}, whole: map[string][]int{}, parts: map[string][]int{}}
	for i, label := range labels {
		c.named[label] = append(c.named[label], i)
		if whole := kind.FoldWords(label); whole != "" {
			c.whole[whole] = append(c.whole[whole], i)
		}
		for part := range strings.SplitSeq(label, ",") {
			if part := kind.FoldWords(part); part != "" && !slices.Contains(c.parts[part], i) {
				c.parts[part] = append(c.parts[part], i)
			}
		}
	}
	return c
}

// called returns the classes that a name may mean, by the first rule that finds any: the name is the class's own; it is
// in another case, or has dashes or _ for spaces; it is one of the class's names between commas, as in "tabby, tabby
// cat".
func (c *classFinder) called(name string) []int {
	if found := c.named[name]; len(found) > 0 {
		return found
	}
	folded := kind.FoldWords(name)
	if found := c.whole[folded]; len(found) > 0 {
		return found
	}
	return c.parts[folded]
}

// find returns the number of the class that a picture's label names. If there is none, or there are several, it returns
// -1 and an error. A class that the data set numbers, and the model calls otherwise, has that number if both have as
// many classes and not one name in common: else their orders may differ.
func (c *classFinder) find(p Picture) (int, error) {
	name := p.Label
	switch found := c.called(name); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return -1, fmt.Errorf("its label %q may be any of the model's classes %s: give the number", name, numbersInWords(found))
	}
	isNamed := func(class string) bool { return len(c.called(class)) > 0 }
	if i := slices.Index(p.classes, name); i >= 0 && slices.ContainsFunc(p.classes, isNamed) {
		return -1, fmt.Errorf("its label %q is no class of the model, although other classes of the data set are", name)
	} else if i >= 0 && (c.n == 0 || c.n == len(p.classes)) {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && (c.n == 0 || i < c.n) {
		return i, nil
	}
	return -1, fmt.Errorf("its label %q is no class of the model", name)
}

// numbersInWords returns numbers as a list of words.
func numbersInWords(all []int) string {
	var words []string
	for _, n := range all {
		words = append(words, strconv.Itoa(n))
	}
	return listNames(words)
}
