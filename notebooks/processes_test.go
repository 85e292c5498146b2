package notebooks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// process is a line of ps.
type process struct {
	pid, parent int
	command     string
}

// running lists what runs (proc(5)).
func running() (out []process) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		stat, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		cmd, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		_, rest, _ := strings.Cut(string(stat), ") ") // after the name, which may hold anything
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[0] == "Z" {
			continue
		}
		p := process{command: strings.ReplaceAll(string(cmd), "\x00", " ")}
		p.pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(f)))
		p.parent, _ = strconv.Atoi(fields[1])
		out = append(out, p)
	}
	return out
}

// family is a process and all that it started.
func family(pid int) []process {
	all := running()
	var out []process
	for i := -1; i < len(out); i++ {
		for _, p := range all {
			if i < 0 && p.pid == pid || i >= 0 && p.parent == out[i].pid {
				out = append(out, p)
			}
		}
	}
	return out
}

// memoryOf is the resident memory of a process, in KiB.
func memoryOf(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatalf("the memory of process %d is not told: %v", pid, err)
	}
	return kib
}

func runs(pid int) bool {
	return slices.ContainsFunc(running(), func(p process) bool { return p.pid == pid })
}

func kill(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := posix.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// cpu is the processor time of a process in seconds (proc(5), fields 14 and 15 of stat).
func cpu(t *testing.T, pid int) float64 {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return float64(user+system) / 100
}
