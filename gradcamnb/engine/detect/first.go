package detect

import "fmt"

// firstOutput says which of two outputs comes first, if their widths do not say it: "boxes", or what boxes are made
// of, or "scores".
type firstOutput struct {
	First string `json:"first"`
}

func (f firstOutput) checkFirst() error {
	switch f.First {
	case "", "boxes", "scores":
		return nil
	}
	return fmt.Errorf(`"first" is %q and must be "boxes" or "scores", or be left out`, f.First)
}

// choose returns the number of the output with the boxes, of two that tell whether they can be that one, or an error if
// that is not known.
func (f firstOutput) choose(first, second bool) (int, error) {
	switch {
	case first && (!second || f.First == "boxes"):
		return 0, nil
	case second && (!first || f.First == "scores"):
		return 1, nil
	case first:
		return 0, fmt.Errorf(`each of two outputs of a cell may be its boxes or its scores: give "numbers": {"first": "scores"}, or "boxes"`)
	}
	return 0, fmt.Errorf("neither of two outputs of a cell can be its boxes")
}
