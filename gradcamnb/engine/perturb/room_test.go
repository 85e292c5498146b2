package perturb

import (
	"strings"
	"testing"
)

// Ten pictures of 100 numbers take 4,000 bytes, and as much again.
func TestRoom(t *testing.T) {
	if err := roomFor(10, 100, 8000); err != nil {
		t.Error(err)
	}
	if err := roomFor(1e9, 1e9, 0); err != nil { // not known
		t.Error(err)
	}
	if err := roomFor(10, 100, 7999); err == nil || !strings.Contains(err.Error(), "a batch of 10 pictures") {
		t.Errorf("error %v", err)
	}
	if err := roomFor(1<<60, 1<<60, 1<<40); err == nil {
		t.Error("an overflow is room")
	}
}
