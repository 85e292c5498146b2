package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// benchFlags are what the user gave.
type benchFlags struct {
	models, backends, methods, grow []string
	batches                         []int
	rounds, patience, warmCalls     int
	peer, coldImage, record, out    string
	against                         []string
}

func benchCommand() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench --model M.onnx[=LAYER,LAYER...]",
		Short: "Measure explanations, alone or side by side with torch and its libraries",
		Long: `Measure explanations: for every model, batch and backend the median time of an
explanation of the best class of each picture, from the model's input to the normalised
heatmaps, once everything is compiled. What an earlier process compiled on XLA is taken from
where it is kept; ` + engine.ProgramsEnv + `=off compiles it again.

With --peer, which docs/benchmarks/peer.py is for, pytorch-grad-cam, torch-cam, captum and
torch's bare forward pass run in the same rounds, one after the other, so that all see the
same machine. --grow changes one thing of the first model and shows what it costs.
--cold-image adds the time and memory from process start to the picture written.

With --record what is measured is kept in a file: what is there already is not measured
again, and the report shows all of it. So a long benchmark may be interrupted, or made in
pieces.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return bench(c, f) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.models, "model", nil, "ONNX file, and its layers if they are not to be the suggested one; may be repeated")
	flags.StringArrayVar(&f.backends, "backend", []string{"go"}, "backend; may be repeated")
	flags.StringSliceVar(&f.methods, "method", []string{"Grad-CAM"}, "methods, all in one explanation")
	flags.IntSliceVar(&f.batches, "batch", []int{1}, "batch sizes")
	flags.StringArrayVar(&f.grow, "grow", nil, `what grows, and its values: "size=112,224,448", "batch=1,4,16", "classes=1,5,20", "layers=layer4,layer3" or "methods=Grad-CAM,LayerCAM", the last two one more at a time; may be repeated`)
	flags.IntVar(&f.rounds, "rounds", 9, "rounds, of which the median is reported")
	flags.IntVar(&f.patience, "patience", 2, "a round in which other processes take more than a tenth of the machine is measured again, at most so many times the rounds")
	flags.IntVar(&f.warmCalls, "warm", 0, "calls of the same by the same, not timed, right before each that is: what a call takes among its like, and not after others have used the machine")
	flags.StringVar(&f.peer, "peer", "", `the peers' command line, e.g. "python docs/benchmarks/peer.py"`)
	flags.StringSliceVar(&f.against, "against", peerWork, "what the peers do")
	flags.StringVar(&f.coldImage, "cold-image", "", "picture to measure cold starts with")
	flags.StringVar(&f.record, "record", "", "file that keeps what is measured, JSON")
	flags.StringVar(&f.out, "out", "", "file for the report, Markdown (default: standard output)")
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
