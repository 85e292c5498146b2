// Package keepmemory changes how the whole process allocates memory in C, for a program that mainly explains models. It
// is imported only for that effect:
//
//	import _ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
//
// XLA on CPU allocates a program's buffers at every call. With this package glibc keeps up to 1 GiB of the memory that
// XLA frees for the next call, in one arena, and with huge pages if the system has them. A batch on XLA then takes a
// tenth to a quarter less time and up to 15 % more resident memory (docs/decisions/0009). The engine also gives free
// memory back to the system every 32 passes.
//
// The settings hold for everything in the process that calls malloc, so a package that is linked into other people's
// programs must not make them. Importing the engine does not; our own commands import this package, and so may any
// program that wants it. The package does nothing without cgo, with -tags noxla, or without glibc. GLIBC_TUNABLES in
// the environment overrides its settings.
package keepmemory
