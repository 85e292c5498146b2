// Package strips works on the rows of a picture on all processors.
package strips

import (
	"runtime"
	"sync"
)

// Each calls f for strips of n rows, from top to before bottom, one strip on each processor at the same time. If f
// panics, so does Each.
func Each(n int, f func(top, bottom int)) {
	var strips sync.WaitGroup
	k := min(n, runtime.GOMAXPROCS(0))
	panics := make([]any, k)
	for i := range k {
		strips.Go(func() {
			defer func() { panics[i] = recover() }()
			f(i*n/k, (i+1)*n/k)
		})
	}
	strips.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}
