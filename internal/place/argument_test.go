package place

import (
	"os/exec"
	"testing"
)

// A shell reads an argument back as the text that it was.
func TestArgument(t *testing.T) {
	for text, want := range map[string]string{
		"models/net-1.onnx": "models/net-1.onnx",
		"my net.onnx":       "'my net.onnx'",
		"it's $HOME":        `'it'\''s $HOME'`,
		"*(1).onnx":         "'*(1).onnx'",
		"~/net.onnx":        "'~/net.onnx'",
		"":                  "''",
	} {
		shell, err := exec.LookPath("sh")
		if err != nil {
			t.Skip("there is no sh here")
		}
		got := Argument(text)
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
		back, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+got).Output() //nolint:gosec // the quoting is what is tested
		if err != nil || string(back) != text {
			t.Errorf("a shell reads %s as %q, %v", got, back, err)
		}
	}
}
