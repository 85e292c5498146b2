package perturb

import (
	"fmt"

	"github.com/gradcam-go/gradcam/internal/machine"
)

// batch returns how many of n masks or pictures are in a pass. It returns an error if the masked pictures of a pass
// alone, as float32, do not fit into the memory that this process may use.
func (s *Subject) batch(n int) (int, error) {
	b := min(n, s.pass())
	return b, roomFor(b, len(s.Values), machine.Memory())
}

// roomFor returns an error if a batch of pictures of so many numbers, and the same again for what is computed from
// them, takes more than limit bytes; 0 means no limit.
func roomFor(batch, numbers int, limit int64) error {
	if need := 8 * float64(batch) * float64(numbers); limit > 0 && need > float64(limit) {
		return fmt.Errorf("a batch of %d pictures takes at least %.1f GB, and this process may use %.1f GB: give a smaller one",
			batch, need/1e9, float64(limit)/1e9)
	}
	return nil
}
