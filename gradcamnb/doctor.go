package gradcamnb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/internal/notebook"
)

// Doctor prints which engine explains models here. If gonb-gradcam is installed, it also prints what that needs, what
// is missing and how to get it.
func Doctor() { fmt.Print(examine(os.Getenv(driver.SocketEnv))) }

// examine returns the report of [Doctor].
func examine(socket string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "go        %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if notebook.Cell() {
		b.WriteString("notebook  this is a cell of GoNB\n")
	} else {
		b.WriteString("notebook  this is no cell of GoNB: figures become files\n")
	}
	fmt.Fprintf(&b, "engine    %s\n", driver.Status(socket))
	if doctor, err := exec.LookPath("gonb-gradcam"); err == nil {
		out, err := exec.Command(doctor, "doctor").CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) { // else it has said what is missing
			fmt.Fprintf(&b, "kernel    %s does not run: %v\n", doctor, err)
		}
		b.Write(out)
	}
	return b.String()
}
