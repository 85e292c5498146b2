//go:build cgo && linux && !noxla

// Package pjrtcache keeps what XLA compiles for later processes.
//
// It stands between go-xla and a PJRT plugin. A plugin is a table of functions. go-xla gets a copy of the table, in
// which PJRT_Client_Compile first looks into a folder, and stores there what the plugin compiles. The key of a program
// is everything that its machine code depends on: its StableHLO, the options, the plugin and the processor.
package pjrtcache

// #cgo LDFLAGS: -ldl
// #include <stdlib.h>
// #include "hook.h"
import "C"

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"
	"github.com/rogpeppe/go-internal/cache"
)

// plugin is a PJRT plugin whose programs are kept.
type plugin struct {
	api   *C.PJRT_Api // the plugin's own table
	kept  *folder
	where []byte // what programs depend on besides themselves
}

// hooked is the plugin behind [kept_compile]. A process has only one, since a function in a table of C cannot know
// which table it was called from.
var hooked atomic.Pointer[plugin]

// Register loads the PJRT plugin in the file path, registers it with go-xla under the given name, and keeps in dir what
// it compiles. It works only for the first plugin of a process.
func Register(name, path, dir string) error {
	if hooked.Load() != nil {
		return errTaken
	}
	where, err := dependsOn(path)
	if err != nil {
		return err
	}
	kept, err := open(dir)
	if err != nil {
		return err
	}
	file := C.CString(path)
	defer C.free(unsafe.Pointer(file))
	reason := new(*C.char)
	api := C.plugin_load(file, reason)
	if api == nil {
		return fmt.Errorf("loading the PJRT plugin %s: %s", path, C.GoString(*reason))
	}
	table := C.plugin_hook(api)
	if table == nil {
		return errors.New("the C library has no memory left")
	}
	if !hooked.CompareAndSwap(nil, &plugin{api, kept, where}) {
		return errTaken
	}
	if err := pjrt.RegisterPreloadedPlugin(name, uintptr(unsafe.Pointer(table))); err != nil {
		return fmt.Errorf("registering the PJRT plugin %s: %w", path, err)
	}
	return nil
}

var errTaken = errors.New("the programs of a plugin are kept already, and a process has one such")

// kept_compile replaces PJRT_Client_Compile for go-xla. If keeping a program fails, it is only compiled again.
//
//export kept_compile
func kept_compile(args *C.PJRT_Client_Compile_Args) *C.PJRT_Error {
	p := hooked.Load()
	id := p.id(args)
	if program, err := p.kept.get(id); err == nil {
		failure := C.plugin_deserialize(p.api, args, unsafe.Pointer(unsafe.SliceData(program)), C.size_t(len(program)))
		if failure == nil {
			return nil
		}
		C.plugin_forget(p.api, failure)
	}
	if failure := C.plugin_compile(p.api, args); failure != nil {
		return failure
	}
	serialized := new(C.PJRT_Executable_Serialize_Args)
	if failure := C.plugin_serialize(p.api, args.executable, serialized); failure != nil {
		C.plugin_forget(p.api, failure)
		return nil
	}
	defer C.plugin_free(serialized)
	_ = p.kept.put(id, bytesOf(serialized.serialized_bytes, serialized.serialized_bytes_size)) // else it is compiled again
	return nil
}

// id returns the key of a program.
func (p *plugin) id(args *C.PJRT_Client_Compile_Args) cache.ActionID {
	h := sha256.New()
	for _, part := range [][]byte{
		p.where,
		bytesOf(args.compile_options, args.compile_options_size),
		bytesOf(args.program.format, args.program.format_size),
		bytesOf(args.program.code, args.program.code_size),
	} {
		fmt.Fprintf(h, "%d ", len(part))
		h.Write(part)
	}
	return cache.ActionID(h.Sum(nil))
}

// bytesOf returns memory of C as bytes, which are valid as long as that memory is.
func bytesOf(p *C.char, n C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), n)
}
