package place

import "testing"

// The errors of a process name Go until it says that it is a command.
func TestWords(t *testing.T) {
	defer Program()
	if got := Words("gradcamnb.Class", "class:"); got != "gradcamnb.Class" {
		t.Errorf("a program says %q", got)
	}
	CommandLine()
	if got := Words("gradcamnb.Class", "class:"); got != "class:" {
		t.Errorf("a command says %q", got)
	}
}
