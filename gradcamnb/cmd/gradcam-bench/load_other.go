//go:build !linux

package main

// ticks is processor time, which is read on Linux only.
type ticks struct{}

func processorTime(...int) (ticks, bool) { return ticks{}, false }

func measureOtherLoad(_, _ ticks) float64 { return 0 }
