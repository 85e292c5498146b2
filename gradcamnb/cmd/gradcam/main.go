// Command gradcam explains vision models from the command line.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/home"
	"github.com/gradcam-go/gradcam/internal/place"
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs the command and returns its exit code: 0, 1 if it failed, or 2 if it was called wrongly.
func run(args []string) int {
	home.FindPlugin()
	place.CommandLine()
	_ = os.Unsetenv(driver.SocketEnv) // the command computes by itself, in a notebook, too
	ctx, stop := cli.Signals()        // a long run that is interrupted keeps its results so far
	defer stop()
	return cli.Execute(ctx, command(), args, func(err error) error {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return errors.New("interrupted before there was a result")
		}
		return err
	})
}

func command() *cobra.Command {
	root := cli.Root("gradcam", "Show why a vision model said what it said", explainCommand(), layersCommand(),
		sidecarCommand(), sheetCommand(), riseCommand(), detectCommand(), driseCommand(), studyCommand(), checkCommand(),
		serveCommand())
	cli.Also(root, map[string][]string{
		"image": {"img", "picture", "photo"}, "target": {"class", "label", "category"}, "backend": {"device", "cuda", "gpu"},
		"threshold": {"conf", "confidence"}, "masks": {"samples", "n-masks"}, "colors": {"cmap", "colormap"},
		"metric": {"measure", "metrics", "score"}, "pictures": {"image", "images", "folder", "dir", "data"},
	})
	root.PersistentFlags().Bool("debug", false, "print errors with everything behind them")
	return root
}
