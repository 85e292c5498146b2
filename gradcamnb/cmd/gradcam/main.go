// Command gradcam explains vision models from the command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
	"github.com/gradcam-go/gradcam/internal/cli"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the command: 0, or 1 where it failed, or 2 where it was called wrongly.
func run(args []string) int {
	root := command()
	root.SetArgs(args)
	_ = os.Unsetenv(gradcamnb.SocketEnv)                                                   // in a notebook, too, the command computes itself
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // long runs keep what they have
	defer stop()
	context.AfterFunc(ctx, stop) // the second time ends at once
	called, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if debug, _ := called.Flags().GetBool("debug"); debug {
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(os.Stderr, "%+v\n", e)
		}
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("interrupted before there was a result")
	}
	fmt.Fprintln(os.Stderr, "gradcam:", err)
	return cli.Code(err)
}

func command() *cobra.Command {
	root := cli.Root("gradcam", "Show why a vision model said what it said", explainCommand(), layersCommand(), sheetCommand(), riseCommand(), detectCommand(), driseCommand(), studyCommand(), checkCommand(), benchCommand(), serveCommand())
	root.PersistentFlags().Bool("debug", false, "print errors with everything behind them")
	return root
}
