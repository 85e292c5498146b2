// Package device opens backends by name, runs programs on them, keeps compiled programs on disk, and moves a model's
// variables between backends. It knows nothing of explanations.
package device

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // always there: needs nothing installed

	"github.com/gradcam-go/gradcam/internal/completed"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/home"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// xlaPlugins returns the PJRT plugins that are installed, the best first. It is nil in a program that is built without
// XLA.
var xlaPlugins func() []string

// onlyInstalled keeps XLA from downloading a plugin, since nothing is downloaded unasked. An engine calls it when it
// first starts XLA, and it holds for the whole process.
var onlyInstalled = func() {}

// ONNXRuntime is the name of the backend that runs files with onnxruntime. Everything around the model, such as masks
// and sums, is computed on the default backend.
const ONNXRuntime = "onnxruntime"

// Backend is a backend of GoMLX with the name by which it was opened.
type Backend struct {
	compute.Backend
	Name string // "go", "xla:cpu", "xla:cuda" or "xla:<path of a plugin>"

	left chan struct{} // closed when the compiler ends that a call has left; nil if there is none
}

// AfterCompiling calls f as soon as no compiler runs that a call has left: at once if there is none, or else in the
// background. It is for who gives the backend to the next call.
func (b *Backend) AfterCompiling(f func()) {
	left := b.left
	if left == nil {
		f()
		return
	}
	b.left = nil
	go func() {
		<-left
		f()
	}()
}

// IsCPU tells whether programs run on the processor.
func (b *Backend) IsCPU() bool {
	p, ok := b.Backend.(interface{ PluginName() string })
	return !ok || strings.Contains(p.PluginName(), "cpu")
}

// Open opens the named backend. The empty name means $GOMLX_BACKEND. If that is empty, too, Open picks XLA if a PJRT
// plugin is installed, and pure Go otherwise, and prints a line to say about its choice and how to get the other.
func Open(name string, say io.Writer) (*Backend, error) {
	switch name = RequestedName(name); name {
	case "":
		return openBest(say)
	case ONNXRuntime: // it runs the model only; masks and sums are computed on b
		b, err := openBest(io.Discard)
		if err != nil {
			return nil, err
		}
		return &Backend{Backend: b.Backend, Name: name}, nil
	}
	return OpenNamed(name)
}

// RequestedName returns the name of the backend that the user asks for: the given one or, if that is empty,
// $GOMLX_BACKEND. It is empty if both are.
func RequestedName(name string) string { return cmp.Or(name, os.Getenv(compute.ConfigEnvVar)) }

// openBest opens XLA if it starts, or else pure Go.
func openBest(say io.Writer) (*Backend, error) {
	var reason string
	for _, plugin := range installedPlugins() {
		b, err := OpenNamed("xla:" + plugin)
		if err == nil {
			fmt.Fprintf(say, "gradcam: computing on %s; GOMLX_BACKEND=go computes in pure Go\n", b.Name)
			return b, nil
		}
		reason = err.Error()
	}
	b, err := OpenNamed("go")
	if err != nil {
		return nil, err
	}
	switch refusal := home.PluginRefusal(); {
	case reason != "":
		fmt.Fprintf(say, "gradcam: computing in pure Go, since XLA did not start: %s\n", reason)
	case refusal != nil && xlaPlugins != nil:
		fmt.Fprintf(say, "gradcam: computing in pure Go, since the plugin that gonb-gradcam installed is not used: %v\n", refusal)
	default:
		fmt.Fprintf(say, "gradcam: computing in pure Go; XLA is several times faster: %s\n", xlaHint())
	}
	return b, nil
}

func installedPlugins() []string {
	if xlaPlugins == nil {
		return nil
	}
	return xlaPlugins()
}

func xlaHint() string {
	if xlaPlugins == nil {
		return "build with a C compiler and without -tags noxla, and get a PJRT plugin: go run ./kernels/gonb-gradcam install --xla"
	}
	if err := home.PluginRefusal(); err != nil {
		return fmt.Sprintf("the plugin that gonb-gradcam installed is not used, since %v", err)
	}
	return "go run ./kernels/gonb-gradcam install --xla, in the source's folder, gets what it needs, on Linux and amd64"
}

// OpenNamed opens a backend by its name: "go", "xla:cpu", "xla:cuda" or "xla:<path of a plugin>".
func OpenNamed(name string) (*Backend, error) {
	kind, options, _ := strings.Cut(name, ":")
	switch kind {
	case "go":
		for _, option := range []string{"ops_parallel", "dependency_order"} {
			if strings.Contains(options, option) {
				return nil, fault.Errorf(fault.ErrNoBackend,
					"backend %q: operators run one at a time, in the order in which they were made, so %s cannot be had: leave it out", name, option)
			}
		}
		b, err := compute.NewWithConfig("go:" + sequential(options))
		if err != nil {
			return nil, fault.Errorf(fault.ErrNoBackend, "backend %q: %w", name, Root(err))
		}
		return &Backend{Backend: completed.Backend(b), Name: "go"}, nil
	case "xla", "stablehlo":
		if xlaPlugins == nil {
			return nil, fault.Errorf(fault.ErrNoBackend,
				"backend %q: this program is built without XLA; %s, or use the backend go", name, xlaHint())
		}
		b, err := newXLA(name, options)
		if err != nil {
			return nil, fault.Errorf(fault.ErrNoBackend,
				"backend %q did not start: %w; installed PJRT plugins: %s; %s, or use the backend go",
				name, Root(err), cmp.Or(strings.Join(installedPlugins(), ", "), "none"), xlaHint())
		}
		return b, nil
	}
	return nil, fault.Errorf(fault.ErrNoBackend,
		"there is no backend %q%s; there are go, xla:cpu, xla:cuda, xla:<path of a PJRT plugin> and onnxruntime", name,
		nearest.DidYouMean(name, []string{"go", "xla:cpu", "xla:cuda", ONNXRuntime}))
}

func newXLA(name, plugin string) (b *Backend, err error) {
	defer func() { // a plugin that cannot be loaded panics on some systems
		if e := recover(); e != nil {
			err = fmt.Errorf("%v", e)
		}
	}()
	onlyInstalled()
	if plugin == "" {
		installed := installedPlugins()
		if len(installed) == 0 {
			return nil, errors.New("no PJRT plugin is installed")
		}
		plugin = installed[0]
		name = "xla:" + plugin
	}
	file, _, _ := strings.Cut(plugin, ",")
	if !filepath.IsAbs(file) && !slices.Contains(installedPlugins(), file) {
		return nil, fmt.Errorf("no plugin %q is installed", file)
	}
	if err := keepPrograms(plugin); err != nil {
		return nil, err
	}
	c, err := compute.NewWithConfig("xla:" + inFloat32(plugin))
	if err != nil {
		return nil, err
	}
	return &Backend{Backend: c, Name: name}, nil
}

// tf32 is go-xla's option that lets a GPU multiply float32 values as TensorFloat-32, with ten bits of the fraction.
const tf32 = "tf32"

// inFloat32 returns a plugin and its options with the one that makes a GPU of NVIDIA compute float32 in full, unless
// the options say something about that. By default go-xla and NVIDIA's libraries, whose convolutions ask the
// environment, would compute maps that agree with no other backend's.
func inFloat32(plugin string) string {
	file, options, _ := strings.Cut(plugin, ",")
	if !strings.Contains(file, "cuda") || strings.Contains(options, tf32) {
		return plugin
	}
	const libraries = "NVIDIA_TF32_OVERRIDE"
	if os.Getenv(libraries) == "" {
		_ = os.Setenv(libraries, "0") // fails for no such name and value
	}
	return plugin + "," + tf32 + "=false"
}

// sequential returns the options with those that make the pure-Go backend run one operator at a time, each on all
// cores, in the order in which the graph was built. The backend's default, several operators at once, can deadlock
// (compute 0.1.6, seen in the gradient of depthwise convolutions). Its default order may put other products between a
// product and what package completed lets its readers wait for.
func sequential(options string) string {
	for _, option := range []string{"ops_sequential", "creation_order"} {
		if !strings.Contains(options, option) {
			options += "," + option
		}
	}
	return strings.TrimPrefix(options, ",")
}
