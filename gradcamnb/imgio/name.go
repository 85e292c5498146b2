package imgio

import "image"

// names are those of the files that pictures were read from.
var names sideTable[string]

// Name is the name of the file that a picture was read from, without its folder; empty for a picture that [Open] did
// not return. Tables and titles call a picture by it.
func Name(img image.Image) string {
	name, _ := names.of(img)
	return name
}
