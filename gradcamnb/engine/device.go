package engine

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/memory"
)

// Error is an error of explaining. It has one line; its cause is GoMLX's error in full.
type Error = device.Error

// ProgramsEnv is the name of the environment variable with the folder that keeps compiled programs; see
// [device.ProgramsEnv].
const ProgramsEnv = device.ProgramsEnv

// MemoryEnv is the name of the environment variable that limits the memory of models and programs that an engine keeps
// while no call uses them; see [memory.Env].
const MemoryEnv = memory.Env
