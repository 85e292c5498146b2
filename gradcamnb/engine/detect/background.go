package detect

import (
	"fmt"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
)

// background is the class that stands for no object, as numbers name it: "first", "last", or its number. Its zero value
// is none.
type background struct {
	given, last, numbered bool
	at                    int // if it is not the last
}

// UnmarshalJSON reads a background.
func (b *background) UnmarshalJSON(data []byte) error {
	switch text := string(data); text {
	case `""`, "null":
		*b = background{}
	case `"first"`:
		*b = background{given: true}
	case `"last"`:
		*b = background{given: true, last: true}
	default:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf(`"background" is %s and must be "first", "last" or the number of a class, or be left out`, text)
		}
		*b = background{given: true, numbered: true, at: n}
	}
	return nil
}

// check returns an error if class scores of a shape, of so many classes, have no such background, or nothing else.
func (b background) check(shape []int, classes int) error {
	switch at := b.index(classes); {
	case !b.given:
		return nil
	case classes < 2:
		return fmt.Errorf("class probabilities have the shape %v and hold the background alone", shape)
	case at >= classes:
		return fmt.Errorf(`"background" is the class %d, and class probabilities have the shape %v`, at, shape)
	}
	return nil
}

// index returns the number of the background among so many classes.
func (b background) index(classes int) int {
	if b.last {
		return classes - 1
	}
	return b.at
}

// drop returns class probabilities [batch, n, classes] without those of the background. If there are as many labels, it
// is named by them, too, and keeps its place, with zeros, so that the others keep their numbers. So it does if it is
// given by its number, unless there is a label for each of the others.
func (b background) drop(scores *Node, labels int) *Node {
	if !b.given {
		return scores
	}
	width := scores.Shape().Dim(-1)
	at := b.index(width)
	keeps := labels == width || b.numbered && labels != width-1
	var parts []*Node
	if at > 0 {
		parts = append(parts, sliceLast(scores, 0, at))
	}
	if keeps {
		parts = append(parts, ZerosLike(sliceLast(scores, at, at+1)))
	}
	if at+1 < width {
		parts = append(parts, sliceLast(scores, at+1, width))
	}
	return Concatenate(parts, -1)
}
