package perturb

import (
	"fmt"

	"github.com/gradcam-go/gradcam/internal/machine"
)

// batch is [Subject.pass] of n masks or pictures. It is an error if their masked pictures alone, float32, do not fit
// into the memory that this process may use.
func (s *Subject) batch(n int) (int, error) {
	b := min(n, s.pass())
	return b, roomFor(b, len(s.Values), machine.Memory())
}

// roomFor is an error if a batch of pictures of so many numbers, and as much again for what is made of them, is more
// than the limit in bytes; 0 is none.
func roomFor(batch, numbers int, limit int64) error {
	if need := 8 * float64(batch) * float64(numbers); limit > 0 && need > float64(limit) {
		return fmt.Errorf("a batch of %d pictures takes at least %.1f GB, and this process may use %.1f GB: give a smaller one",
			batch, need/1e9, float64(limit)/1e9)
	}
	return nil
}
