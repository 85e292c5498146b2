// Package trim connects the engine, which knows when memory can be given back, with package engine/keepmemory, which
// knows how.
package trim

// Memory gives memory that is free in the C library back to the system. It does nothing unless keepmemory is linked in,
// because without it the C library gives memory back by itself.
var Memory = func() {}
