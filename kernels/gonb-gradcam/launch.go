package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func launchCommand() *cobra.Command {
	var h, src, connection string
	c := &cobra.Command{
		Use:    "launch",
		Short:  "Start the kernel; Jupyter does this",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !exists(filepath.Join(src, "go.mod")) {
				return fmt.Errorf("the source of the library, %s, is not there any more: run gonb-gradcam install again in its new place", src)
			}
			if err := os.Setenv("PATH", home(h).join("bin")+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
				return err
			}
			for key, value := range cellEnv(home(h), os.LookupEnv) {
				if err := os.Setenv(key, value); err != nil {
					return err
				}
			}
			return become(home(h).bin("gonb"), "--kernel", connection, "-logtostderr=true", "-go_work="+src)
		},
	}
	c.Flags().StringVar(&h, "home", "", "private folder")
	c.Flags().StringVar(&src, "source", "", "checkout of the library")
	c.Flags().StringVar(&connection, "kernel", "", "connection file")
	return c
}

// cellEnv is the environment that cells run in, beside PATH; what the user has
// set stays. GOMLX_BACKEND is passed on as it is.
func cellEnv(h home, lookup func(string) (string, bool)) map[string]string {
	flags, _ := lookup("GOFLAGS")
	env := map[string]string{"GOFLAGS": cellFlags(flags)}
	if _, set := lookup("GOMLX_NO_AUTO_INSTALL"); !set {
		env["GOMLX_NO_AUTO_INSTALL"] = "1" // nothing is downloaded unasked
	}
	if _, set := lookup("PJRT_PLUGIN_LIBRARY_PATH"); !set && exists(h.join("pjrt")) {
		env["PJRT_PLUGIN_LIBRARY_PATH"] = strings.Join(append([]string{h.join("pjrt")}, pluginFolders(lookup)...), ":")
	}
	return env
}

// cellFlags adds -ldflags=-s to GOFLAGS, which halves the time to link a cell.
func cellFlags(flags string) string {
	if strings.Contains(flags, "-ldflags") {
		return flags
	}
	return strings.TrimSpace(flags + " -ldflags=-s")
}
