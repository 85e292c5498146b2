//go:build cgo && linux && !noxla

package pjrtcache

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// dependsOn describes what the machine code of a program depends on besides the program: the plugin's file, the
// processor, and the number of processors among which XLA divides loops.
func dependsOn(plugin string) ([]byte, error) {
	info, err := os.Stat(plugin)
	if err != nil {
		return nil, fmt.Errorf("the PJRT plugin: %w", err)
	}
	processor, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return nil, fmt.Errorf("the processor: %w", err)
	}
	return fmt.Appendf(nil, "%s %d %d\n%d %q\n%s", plugin, info.Size(), info.ModTime().UnixNano(),
		runtime.NumCPU(), os.Getenv("NPROC"), model(processor)), nil
}

// model returns the lines about the first processor that tell its model and instructions. They do not change with its
// clock or load.
func model(cpuinfo []byte) []byte {
	first, _, _ := bytes.Cut(cpuinfo, []byte("\n\n"))
	var out bytes.Buffer
	for lines := bufio.NewScanner(bytes.NewReader(first)); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), ":")
		if slices.Contains([]string{
			"vendor_id", "cpu family", "model", "stepping", "flags", // amd64
			"CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features", // arm64
		}, strings.TrimSpace(name)) {
			fmt.Fprintln(&out, lines.Text())
		}
	}
	return out.Bytes()
}
