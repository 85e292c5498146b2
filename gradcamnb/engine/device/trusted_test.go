package device

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A plugin in the private folder that others could change is not loaded, and programs are not kept
// in a folder that is not ours; either is said. A plugin elsewhere is the user's affair.
func TestWhatOthersCouldChange(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GRADCAMNB_HOME", dir)
	t.Setenv(ProgramsEnv, "")
	pjrt := filepath.Join(dir, "pjrt")
	plugin := filepath.Join(pjrt, "pjrt_c_api_cpu_plugin.so")
	if err := errors.Join(os.Mkdir(pjrt, 0o700), os.WriteFile(plugin, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := checkPlugin(plugin); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(pjrt, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := checkPlugin(plugin); err == nil || !strings.Contains(err.Error(), "is not loaded: "+pjrt) {
		t.Errorf("error %v", err)
	}
	if err := checkPlugin("/usr/lib/plugin.so"); err != nil {
		t.Error(err)
	}
	_, err := programsFolder()
	var said bytes.Buffer
	sayRefused(&said, err)
	if !strings.Contains(said.String(), "programs are not kept: "+dir+" was not made by gradcamnb") {
		t.Errorf("said %q of %v", said.String(), err)
	}
	t.Setenv("GRADCAMNB_HOME", filepath.Join(dir, "new"))
	if programs, err := programsFolder(); err != nil || programs != filepath.Join(dir, "new", "programs") {
		t.Errorf("%s, %v", programs, err)
	}
}
