package ask

import "fmt"

// These are upper bounds for requests. They protect against a recipe from somebody else's figure that asks for more
// than any machine has.
const (
	mostMasks = 100_000_000
	mostBatch = 1 << 16
	mostSteps = 100_000
)

// CheckForEvery returns an error if the request says something different for each picture, such as one box a picture.
// That cannot hold for any number of pictures, which are explained in several batches.
func (r Request) CheckForEvery() error {
	const why = "but any number of pictures is explained here: give one for all, or explain the pictures in one batch"
	if n := len(r.Boxes); n > 1 {
		return fmt.Errorf("there are %d boxes to see, one for each picture, %s", n, why)
	}
	if n := len(r.Measuring.Truths); n > 1 {
		return fmt.Errorf("there are %d truths, one for each picture, %s", n, why)
	}
	for _, t := range r.Targets {
		if n := len(t.Index); n > 1 && !t.NamesSeveral() {
			return fmt.Errorf("target %s: it names %d indices, one for each picture, %s", t, n, why)
		}
		if n := len(t.Masks); n > 1 {
			return fmt.Errorf("target %s: it has %d masks, one for each picture, %s", t, n, why)
		}
	}
	return nil
}

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
