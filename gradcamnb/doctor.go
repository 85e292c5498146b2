package gradcamnb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/gradcam-go/gradcam/internal/resident"
)

// Doctor prints what explains here, and in a notebook on our kernel what is installed,
// what is missing and how to get it.
func Doctor() { fmt.Print(examine(os.Getenv(SocketEnv))) }

// examine is Doctor's report.
func examine(socket string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "go        %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if inNotebook() {
		b.WriteString("notebook  this is a cell of GoNB\n")
	} else {
		b.WriteString("notebook  this is no cell of GoNB: figures become files\n")
	}
	fmt.Fprintf(&b, "engine    %s\n", engineFound(socket))
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

// engineFound says which engine [Open] takes.
func engineFound(socket string) string {
	linked.Lock()
	own := "an engine is linked in"
	if linked.engine == nil {
		own = `no engine is linked in; import _ "github.com/gradcam-go/gradcam/gradcamnb/engine" links one`
	}
	linked.Unlock()
	if socket == "" {
		return own + ", and no kernel's engine is named in " + SocketEnv
	}
	err := newRemoteEngine(socket).answers()
	if none, ok := errors.AsType[*resident.UnavailableError](err); ok {
		return fmt.Sprintf("the kernel's engine cannot be used: %v; restart the kernel; %s", none, own)
	}
	return "the kernel's engine, at " + socket
}
