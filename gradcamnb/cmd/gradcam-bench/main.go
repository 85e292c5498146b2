// Command gradcam-bench measures explanations, alone or side by side with torch and its libraries. It is for developers
// of gradcam.
package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/home"
	"github.com/gradcam-go/gradcam/internal/place"
)

func main() {
	home.FindPlugin()
	place.CommandLine()
	_ = os.Unsetenv(driver.SocketEnv) // the command computes by itself, in a notebook, too
	ctx, stop := cli.Signals()
	code := cli.Execute(ctx, benchCommand(), os.Args[1:], func(err error) error { return err })
	stop()
	os.Exit(code)
}

// benchFlags holds the flags of gradcam-bench.
type benchFlags struct {
	models, backends, methods, grow []string
	batches                         []int
	rounds, patience, warmCalls     int
	peer, coldImage, record, out    string
	gradcam                         string // the command whose cold starts are measured
	against                         []string
}

func benchCommand() *cobra.Command {
	var f benchFlags
	c := cli.MakeStandalone(&cobra.Command{
		Use:   "gradcam-bench --model M.onnx[=LAYER,LAYER...]",
		Short: "Measure explanations, alone or side by side with torch and its libraries",
		Long: `Measure explanations: for every model, batch and backend the median time of an
explanation of the best class of each picture, from the model's input to the normalised
heatmaps, after everything is compiled. A program that an earlier process compiled with XLA
is used again; ` + engine.ProgramsEnv + `=off compiles it again.

With --peer "python docs/benchmarks/peer.py", pytorch-grad-cam, torch-cam, captum and torch's
forward pass run in the same rounds, one after the other, so that all see the same machine.
--grow changes one thing of the first model and shows what it costs. --cold-image adds the
time and memory from the start of gradcam to the picture written.

--record keeps the measurements in a file. The next run measures only what the file lacks,
and reports all of it: a long benchmark can be interrupted, or made in pieces.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return bench(c, f) },
	})
	flags := c.Flags()
	flags.StringArrayVar(&f.models, "model", nil,
		"ONNX file, and its layers (default: the suggested one); may be repeated")
	flags.StringArrayVar(&f.backends, "backend", []string{"go"}, "backend; may be repeated")
	flags.StringSliceVar(&f.methods, "method", []string{"Grad-CAM"}, "methods, all computed in one explanation")
	flags.IntSliceVar(&f.batches, "batch", []int{1}, "batch sizes")
	flags.StringArrayVar(&f.grow, "grow", nil,
		`what to change, and its values: "size=112,224,448", "batch=1,4,16", "classes=1,5,20", "layers=layer4,layer3" or "methods=Grad-CAM,LayerCAM" (one layer or method more at a time); may be repeated`)
	flags.IntVar(&f.rounds, "rounds", 9, "number of rounds; the median is reported")
	flags.IntVar(&f.patience, "patience", 2,
		"measure a round again if other processes took more than a tenth of the machine, up to this many times the number of rounds")
	flags.IntVar(&f.warmCalls, "warm", 0,
		"warm-up calls before each timed call: they show how long a call takes if the processor's caches hold what the last one used")
	flags.StringVar(&f.peer, "peer", "", `the peers' command line, e.g. "python docs/benchmarks/peer.py"`)
	flags.StringSliceVar(&f.against, "against", peerWork, "what the peers are asked for")
	flags.StringVar(&f.coldImage, "cold-image", "", "picture to measure cold starts with")
	flags.StringVar(&f.gradcam, "gradcam", "",
		"command whose cold starts are measured (default: gradcam in the folder of this program)")
	flags.StringVar(&f.record, "record", "", "JSON file that keeps the measurements")
	flags.StringVar(&f.out, "out", "", "Markdown file for the report (default: standard output)")
	return c
}

func bench(c *cobra.Command, f benchFlags) error {
	if len(f.models) == 0 {
		return cli.Usagef("--model is missing: name an ONNX file")
	}
	if f.rounds < 1 {
		return cli.Usagef("--rounds is %d and must be at least 1", f.rounds)
	}
	if f.warmCalls < 0 {
		return cli.Usagef("--warm is %d and cannot be less than 0", f.warmCalls)
	}
	cases, err := f.cases()
	if err != nil {
		return err
	}
	rec, err := openRecord(f.record)
	if err != nil {
		return err
	}
	if f.coldImage != "" { // first, while this process is small: a child's peak memory begins at its parent's
		if err := f.cold(c.Context(), rec, c.ErrOrStderr()); err != nil {
			return err
		}
	}
	if err := f.warm(c.Context(), rec, cases, c.ErrOrStderr()); err != nil {
		return err
	}
	report := benchReport(rec)
	if f.out == "" {
		_, err := io.WriteString(c.OutOrStdout(), report)
		return err
	}
	return atomicfile.Write(f.out, []byte(report))
}
