// Package keepmemory changes how the whole process allocates memory in C, for a program whose
// work is to explain. It is imported for that effect alone:
//
//	import _ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
//
// XLA on CPU allocates a program's buffers at every call. With this package glibc keeps up to
// 1 GiB of what XLA frees for the next call, in one arena, of huge pages if the system has
// them: a tenth to a quarter less time for a batch on XLA, and up to 15 % more resident memory
// (docs/decisions/0009). The engine then also gives back what lies free, every 32 passes.
//
// The settings hold for everything in the process that calls malloc, so a package that is
// linked into other people's programs must not make them: importing the engine does not, and
// only our own commands and who wants it import this package. It does nothing without cgo,
// with -tags noxla, or elsewhere than on glibc, and GLIBC_TUNABLES in the environment wins.
package keepmemory
