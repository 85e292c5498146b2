//go:build cgo && !noxla

package source

import _ "github.com/gomlx/go-xla/compute/xla" // the backend xla, if it can be built
