package place

import (
	"os/exec"
	"runtime"
	"testing"
)

// A shell reads an argument back as the text that it was.
func TestArgument(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the shells of Windows have other quotes")
	}
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

// On Windows a backslash at the end would take the closing quote with it.
func TestWindowsArgument(t *testing.T) {
	for text, want := range map[string]string{
		`C:\models\net.onnx`: `C:\models\net.onnx`,
		`C:\my models\`:      `"C:\my models\\"`,
		`my net.onnx`:        `"my net.onnx"`,
		"":                   `""`,
	} {
		if got := windowsArgument(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
