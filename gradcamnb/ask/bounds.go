package ask

import "fmt"

// These are upper bounds for requests. They protect against a recipe from somebody else's figure that asks for more
// than any machine has.
const (
	mostMasks = 100_000_000
	mostBatch = 1 << 16
	mostSteps = 100_000
)

// Check returns an error if the request asks for more masks or steps than any map needs.
func (r Request) Check() error {
	for _, asked := range []struct {
		what  string
		n, of int
	}{
		{"masks", r.Sampling.Masks, mostMasks}, {"masks in a batch", r.Sampling.Batch, mostBatch},
		{"steps", r.Measuring.Steps, mostSteps},
	} {
		if asked.n > asked.of {
			return fmt.Errorf("%d %s are asked for: ask for at most %d", asked.n, asked.what, asked.of)
		}
	}
	return nil
}
