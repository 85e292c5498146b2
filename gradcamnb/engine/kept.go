package engine

import (
	"os"
	"path/filepath"

	"github.com/gradcam-go/gradcam/internal/home"
)

// ProgramsEnv names the environment variable with the folder that keeps what XLA compiled
// for the next process; "off" keeps nothing. By default it is programs in the private
// folder, which is $GRADCAMNB_HOME or gradcamnb in the user's cache folder. It holds machine
// code, some 0.5 MB a program, and loses what was not used for five days.
const ProgramsEnv = "GRADCAMNB_PROGRAMS"

// keepPrograms has what the named PJRT plugin compiles kept, where it can be.
var keepPrograms = func(string) {}

// programsFolder is where compiled programs are kept; empty if they are not to be.
func programsFolder() (string, error) {
	switch dir := os.Getenv(ProgramsEnv); dir {
	case "off":
		return "", nil
	case "":
		private, err := home.Dir()
		return filepath.Join(private, "programs"), err
	default:
		return filepath.Abs(dir)
	}
}
