package detect

import (
	"slices"
	"strings"
)

// Hint returns words on outputs that leave the heads before they are decoded, with the specs that may read them: of
// [DistanceMaps], [AnchorMaps] and [YOLOMaps]. They are empty if the outputs have other shapes.
func Hint(outputs [][]int, picture [2]int, classes int) string {
	hints := []string{hintDistances(outputs, picture, classes), hintAnchors(outputs, picture, classes),
		hintMaps(outputs, picture, classes)}
	return strings.Join(slices.DeleteFunc(hints, func(s string) bool { return s == "" }), "; or ")
}
