package imgio

import (
	"image"
	"path/filepath"
	"runtime"
	"sync"
	"weak"
)

// names are those of the pictures that were read from files and are still in use.
var names sync.Map // from weak.Pointer[image.NRGBA] to string

// Name is the name of the file that a picture was read from, without its folder; empty for a picture that [Open] did
// not return. Tables and titles call a picture by it.
func Name(img image.Image) string {
	p, ok := img.(*image.NRGBA)
	if !ok || p == nil {
		return ""
	}
	name, _ := names.Load(weak.Make(p))
	text, _ := name.(string)
	return text
}

// named keeps a picture's name for as long as the picture is there.
func named(img image.Image, path string) image.Image {
	if p, ok := img.(*image.NRGBA); ok && p != nil {
		at := weak.Make(p)
		names.Store(at, filepath.Base(path))
		runtime.AddCleanup(p, func(at weak.Pointer[image.NRGBA]) { names.Delete(at) }, at)
	}
	return img
}
