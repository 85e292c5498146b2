package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/internal/cli"
	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// launchName is the command that Jupyter starts.
const launchName = "launch"

func launchCommand() *cobra.Command {
	var l launcher
	c := &cobra.Command{
		Use:    launchName,
		Short:  "Start the kernel; Jupyter does this",
		Hidden: true,
		Args:   cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			kernel, err := l.command(c.Context())
			if err != nil {
				return err
			}
			env := kernel.Env // the engine's, whose goroutine must not read what the kernel's is changed to below
			e, err := startEngine(context.WithoutCancel(c.Context()), func() (*exec.Cmd, error) { return l.engine(env) })
			switch {
			case err == nil:
				defer e.end()
				kernel.Env = append(kernel.Env, driver.SocketEnv+"="+e.socket())
			case !errors.Is(err, errors.ErrUnsupported):
				return err
			}
			err = supervise(kernel)
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() > 0 {
				return exitError{exit.ExitCode()}
			}
			return err
		},
	}
	c.Flags().StringVar((*string)(&l.home), "home", "", "private folder")
	c.Flags().StringVar(&l.src, "source", "", "checkout of the library")
	c.Flags().StringVar(&l.goBin, "go", "", "folder of the go command, if it is not on PATH")
	c.Flags().StringVar(&l.backend, "backend", "", "backend to compute on, unless GOMLX_BACKEND is set")
	c.Flags().StringVar(&l.connection, "kernel", "", "connection file")
	return c
}

// exitError says that a kernel ended with an exit code. The kernel has printed the reason itself.
type exitError struct{ code int }

func (e exitError) Error() string {
	return fmt.Sprintf("the kernel ended with the exit code %d", e.code)
}

// launcher holds what the kernelspec says about how to start gonb.
type launcher struct {
	home                            home
	src, goBin, backend, connection string
}

// command returns the unmodified gonb. Its option -go_work makes a workspace of the checkout and the cells' module. So
// cells find the library without a replace, a set-up cell or a download, also after %reset; see docs/decisions.
func (l launcher) command(ctx context.Context) (*exec.Cmd, error) {
	const again = "run gonb-gradcam install again, in the place where the source is now"
	if !exists(filepath.Join(l.src, "go.mod")) {
		return nil, fmt.Errorf("the source of the library, %q, is not there any more: %s", l.src, again)
	}
	gonb := l.home.bin("gonb")
	if !exists(gonb) {
		return nil, fmt.Errorf("%s is not there any more: %s", gonb, again)
	}
	if err := l.home.checkTrusted("bin/gonb", "bin/goimports", "bin/gopls", "bin/gonb-gradcam", "shim/go",
		"shim/goimports", pjrtWheel.library(), ortWheel.library()); err != nil {
		return nil, err
	}
	if err := os.Setenv("PATH", l.path(os.Getenv("PATH"))); err != nil {
		return nil, fmt.Errorf("setting PATH: %w", err)
	}
	flags, err := userFlags(ctx)
	if err != nil {
		return nil, err
	}
	c := exec.Command(gonb, "--kernel", l.connection, "-logtostderr=true", "-go_work="+l.src)
	c.Env, err = addShim(l.home, l.src, append(os.Environ(), l.environment(flags, os.LookupEnv)...))
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return c, err
}

// engine returns the command of the resident engine, which runs in the environment of the cells.
func (l launcher) engine(env []string) (*exec.Cmd, error) {
	if err := buildEngine(l.home, l.src, quietly); err != nil {
		return nil, err
	}
	if err := l.home.checkTrusted("bin/gradcam"); err != nil {
		return nil, err
	}
	c := exec.Command(l.home.bin("gradcam"), "serve", "--inherited", "--while-stdin")
	c.Env, c.Stderr = env, os.Stderr
	return c, nil
}

// path puts our programs before the user's, and the go command that installed the kernel after them. A Jupyter that was
// started from a desktop may have no go command.
func (l launcher) path(users string) string {
	dirs := []string{l.home.join("bin"), users}
	if l.goBin != "" {
		dirs = append(dirs, l.goBin)
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// environment returns the environment of cells, in addition to the user's. GOMLX_BACKEND is passed on as it is.
func (l launcher) environment(flags string, lookup func(string) (string, bool)) []string {
	env := []string{"GOFLAGS=" + cellFlags(flags), "GOWORK=auto"}
	unlessSet := func(key, value string) {
		if _, set := lookup(key); !set {
			env = append(env, key+"="+value)
		}
	}
	unlessSet("GRADCAMNB_HOME", string(l.home)) // so that the doctor finds it
	unlessSet("GOMLX_NO_AUTO_INSTALL", "1")
	if l.backend != "" {
		unlessSet("GOMLX_BACKEND", l.backend)
	}
	if exists(l.home.join("pjrt")) {
		unlessSet("PJRT_PLUGIN_LIBRARY_PATH",
			strings.Join(append([]string{l.home.join("pjrt")}, privatehome.PluginFolders(lookup)...), ":"))
	}
	return env
}

// userFlags returns the user's GOFLAGS, also those of "go env -w".
func userFlags(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOFLAGS").Output()
	if err != nil {
		return "", fmt.Errorf("asking go for GOFLAGS: %w; the go command must be on PATH", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// modFlag matches a flag that a workspace does not allow.
var modFlag = regexp.MustCompile(`(^|\s)--?mod(file)?=\S*`)

// linkerFlags halve the time that it takes to link a cell.
const linkerFlags = "-ldflags=-s"

// cellFlags returns the user's GOFLAGS with [linkerFlags] added, unless the user has other linker flags.
func cellFlags(flags string) string {
	flags = strings.TrimSpace(modFlag.ReplaceAllString(flags, ""))
	if strings.Contains(flags, "-ldflags=") {
		return flags
	}
	return strings.TrimSpace(flags + " " + linkerFlags)
}
