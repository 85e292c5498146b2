package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks is the processor time of the machine and of the measured processes, in the kernel's unit.
type ticks struct{ machine, idle, ours float64 }

// processorTime returns the processor time so far of the machine and of the given processes. ok is false if it cannot
// be read.
func processorTime(pids ...int) (t ticks, ok bool) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t, false
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal guest guest_nice
	if len(fields) < 9 {
		return t, false
	}
	for i, f := range fields[1:9] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return t, false
		}
		t.machine += v
		if i == 3 || i == 4 {
			t.idle += v
		}
	}
	for _, pid := range pids {
		data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			return t, false
		}
		text := string(data)
		fields := strings.Fields(text[strings.LastIndex(text, ")")+1:]) // from the state on
		if len(fields) < 13 {
			return t, false
		}
		for _, f := range fields[11:13] { // utime, stime
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return t, false
			}
			t.ours += v
		}
	}
	return t, true
}

// measureOtherLoad returns the share of the machine's processor time between two readings that other processes took.
func measureOtherLoad(before, after ticks) float64 {
	all := after.machine - before.machine
	if all <= 0 {
		return 0
	}
	return (all - (after.idle - before.idle) - (after.ours - before.ours)) / all
}
