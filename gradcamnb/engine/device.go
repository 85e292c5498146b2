package engine

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/memory"
)

// Error is what explaining returns: one line, with what GoMLX said in full behind it.
type Error = device.Error

// ProgramsEnv names the environment variable with the folder that keeps compiled programs; see
// [device.ProgramsEnv].
const ProgramsEnv = device.ProgramsEnv

// MemoryEnv names the environment variable that bounds what an engine keeps of models and programs; see [memory.Env].
const MemoryEnv = memory.Env
