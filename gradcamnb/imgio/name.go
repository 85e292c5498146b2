package imgio

import "image"

// names holds the names of the files that pictures were read from.
var names sideTable[string]

// Name returns the name of the file that a picture was read from, without its folder. It is empty if [Open] or [Decode]
// did not return the picture. Tables and titles use it.
func Name(img image.Image) string {
	name, _ := names.find(img)
	return name
}
