package coco

import (
	"bytes"
	"fmt"

	"github.com/gradcam-go/gradcam/internal/machine"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// readFile reads those parts of a file of JSON that into has fields for. holds names what the file holds, and kind is
// what the file is not if it cannot be read.
func readFile(path, holds, kind string, into any) error {
	data, err := regular.Read(path, regular.MaxText)
	if err != nil {
		return fmt.Errorf("%s: %w", holds, err)
	}
	if err := roomFor(data, machine.Memory()); err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	if err := strictjson.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s is no %s: %w", path, kind, err)
	}
	return nil
}

// readAnnotations reads those parts of an annotation file that into has fields for.
func readAnnotations(path string, into any) error {
	return readFile(path, "the annotations", "COCO file", into)
}

// roomFor returns an error if the objects of a file need more than half of the memory, which is 0 if it is not known.
// An empty object, of three bytes in the file, needs 200 while the list of all grows.
func roomFor(data []byte, memory int64) error {
	const each = 256
	n := bytes.Count(data, []byte("{"))
	if need := float64(n)*each + 2*float64(len(data)); memory > 0 && need > float64(memory)/2 {
		return fmt.Errorf("needs %.1f GB to be read, and half of the memory of this process has %.1f GB: divide the file", need/1e9,
			float64(memory)/2e9)
	}
	return nil
}
