package imgio

import (
	"image"
	"runtime"
	"sync"
	"weak"
)

// sideTable keeps a value for each of some pictures, as long as they are in use.
type sideTable[T any] struct {
	known sync.Map // from weak.Pointer[image.NRGBA] to T
}

// find returns the value that is kept for a picture. ok is false if there is none.
func (a *sideTable[T]) find(img image.Image) (known T, ok bool) {
	p, _ := img.(*image.NRGBA)
	if p == nil {
		return known, false
	}
	v, ok := a.known.Load(weak.Make(p))
	if ok {
		known = v.(T)
	}
	return known, ok
}

func (a *sideTable[T]) keep(img *image.NRGBA, known T) {
	at := weak.Make(img)
	a.known.Store(at, known)
	runtime.AddCleanup(img, func(at weak.Pointer[image.NRGBA]) { a.known.Delete(at) }, at)
}
