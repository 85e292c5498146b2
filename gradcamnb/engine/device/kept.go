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

// ProgramsEnv is the name of the environment variable with the folder that keeps programs that XLA compiled for the
// next process; "off" keeps none. The default is the folder programs in the private folder, which is $GRADCAMNB_HOME or
// gradcamnb in the user's cache folder. The folder holds machine code, some 0.5 MB for each program. A program that was
// not used for five days is removed.
const ProgramsEnv = "GRADCAMNB_PROGRAMS"

// keepPrograms keeps the programs that the named PJRT plugin compiles, if they can be kept. It returns an error if the
// plugin lies in the private folder and somebody else could have put it there.
var keepPrograms = func(string) error { return nil }

// programsFolder returns the folder that keeps compiled programs. It is empty if none are to be kept.
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

// sayRefused prints why programs are not kept if somebody else could change them or the folder belongs to somebody
// else. It prints nothing if there is no folder or it cannot be written to; programs are then just compiled again.
func sayRefused(say io.Writer, err error) {
	if errors.As(err, new(*private.RefusedError)) || errors.As(err, new(*home.ForeignError)) {
		fmt.Fprintf(say, "gradcam: compiled programs are not kept: %v; %s=off keeps none\n", err, ProgramsEnv)
	}
}

// checkPlugin returns an error if a plugin must not be loaded; see [home.CheckTrusted].
func checkPlugin(file string) error {
	if err := home.CheckTrusted(file); err != nil {
		return fmt.Errorf("the PJRT plugin is not loaded: %w", err)
	}
	return nil
}
