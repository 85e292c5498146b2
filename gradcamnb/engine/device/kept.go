package device

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gradcam-go/gradcam/internal/home"
	"github.com/gradcam-go/gradcam/internal/private"
)

// ProgramsEnv names the environment variable with the folder that keeps what XLA compiled
// for the next process; "off" keeps nothing. By default it is programs in the private
// folder, which is $GRADCAMNB_HOME or gradcamnb in the user's cache folder. It holds machine
// code, some 0.5 MB a program, and loses what was not used for five days.
const ProgramsEnv = "GRADCAMNB_PROGRAMS"

// keepPrograms has what the named PJRT plugin compiles kept, if it can be. It is an error if the
// plugin lies in the private folder and somebody else could have put it there.
var keepPrograms = func(string) error { return nil }

// programsFolder is where compiled programs are kept; empty if they are not to be.
func programsFolder() (string, error) {
	switch dir := os.Getenv(ProgramsEnv); dir {
	case "off":
		return "", nil
	case "":
		private, err := home.Open()
		if err != nil {
			return "", err
		}
		return filepath.Join(private.Path(), "programs"), private.Close()
	default:
		return filepath.Abs(dir)
	}
}

// sayRefused tells why programs are not kept, if somebody else could change them or the folder is not
// ours. Without a folder, or with one that cannot be written to, they are just compiled again.
func sayRefused(say io.Writer, err error) {
	if errors.As(err, new(*private.RefusedError)) || errors.As(err, new(*home.ForeignError)) {
		fmt.Fprintf(say, "gradcam: compiled programs are not kept: %v; %s=off keeps none\n", err, ProgramsEnv)
	}
}

// trustedPlugin is [home.CheckTrusted] of a plugin.
func trustedPlugin(file string) error {
	if err := home.CheckTrusted(file); err != nil {
		return fmt.Errorf("the PJRT plugin is not loaded: %w", err)
	}
	return nil
}
