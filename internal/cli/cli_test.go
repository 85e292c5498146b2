package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// Wrong use ends with 2, failure and panics with 1.
func TestCodes(t *testing.T) {
	for want, run := range map[int]func() error{
		0: func() error { return nil },
		2: func() error { return Usagef("wrong") },
		1: func() error { panic("a fault") },
	} {
		root := Root("test", "", &cobra.Command{Use: "do", RunE: func(*cobra.Command, []string) error { return run() }})
		var told error
		code := Execute(context.Background(), root, []string{"do"}, func(err error) error { told = err; return err })
		if code != want || (told == nil) != (want == 0) {
			t.Errorf("exit code %d, want %d; %v", code, want, told)
		}
	}
	root := Root("test", "")
	if code := Execute(context.Background(), root, []string{"none"}, func(err error) error { return err }); code != 2 {
		t.Errorf("an unknown command: exit code %d", code)
	}
}

// One signal is enough: a command that does not look at the context is ended some time after it.
func TestSignals(t *testing.T) {
	posix.Need(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		ended := make(chan int, 1)
		ctx, stop := signals(50*time.Millisecond, func(code int) { ended <- code })
		if err := posix.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		select {
		case code := <-ended:
			if want := 128 + int(s); code != want {
				t.Errorf("%v: exit code %d, want %d", s, code, want)
			}
		case <-time.After(5 * time.Minute):
			t.Errorf("%v: the process was not ended", s)
		}
		stop()
	}
}

// A command that ends in time is not ended. If the machine holds the test up for that time, the test tries again with
// more.
func TestSignalsHeard(t *testing.T) {
	posix.Need(t)
	for patience := 50 * time.Millisecond; ; patience *= 2 {
		ended := make(chan int, 1)
		ctx, stop := signals(patience, func(code int) { ended <- code })
		begun := time.Now()
		if err := posix.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Error(ctx.Err())
		}
		stop()
		if time.Since(begun) >= patience {
			continue
		}
		select {
		case code := <-ended:
			t.Errorf("ended with the exit code %d", code)
		case <-time.After(2 * patience):
		}
		return
	}
}

// A value that a flag cannot have is said in the words of the command line.
func TestFlagValues(t *testing.T) {
	for arg, want := range map[string]string{
		"--names a b": `the flag --names and its value "a b" stand in one pair of quotation marks`,
		"--n=x":       `--n "x": write a whole number`, "--share=x": `--share "x": write a number`, "--wait=x": `--wait "x": write a time`,
		"--on=x": `--on "x": write true or false`, "--n": "--n has no value", "--none": "has no flag --none; see",
		"-o=x y": `has no flag -o, did you mean "--on"?; see`, "-share": `has no flag -share, did you mean "--share"?`,
		"--=x": `"--=x" is no flag: flags are written --name or --name=value; see`, "---n": `"---n" is no flag`,
		"—share":       `do takes no argument "—share": if it is a flag, write it with two hyphens, --share; see do --help`,
		"--share=--on": "--share has no value: --on behind it is a flag itself; see", "--names=--n": "--names has no value: --n behind",
		`--list="a`: "--list \"\\\"a\": write names with commas, and no quotation marks",
		"-o=x":      `has no flag -o, did you mean "--on"?`, "-z": "has no flag -z; see", "--m": `has no flag --m; see`,
		"x.onnx": `do takes no argument "x.onnx": give it by a flag, as in do --n N; see do --help`,
	} {
		c := &cobra.Command{Use: "do --n N", Args: NoArguments, RunE: func(*cobra.Command, []string) error { return nil }}
		c.Flags().Int("n", 0, "")
		c.Flags().Float64("share", 0, "")
		c.Flags().Duration("wait", 0, "")
		c.Flags().Bool("on", false, "")
		c.Flags().StringArray("names", nil, "")
		c.Flags().StringSlice("list", nil, "")
		var told error
		code := Execute(context.Background(), MakeStandalone(c), []string{arg},
			func(err error) error { told = err; return err })
		if code != 2 || told == nil || !strings.Contains(told.Error(), want) {
			t.Errorf("%s: exit code %d, %v, want %s", arg, code, told, want)
		}
	}
}

// What would be ignored without a word is an error: a second value, a flag before any command, help of what is not
// there.
func TestIgnored(t *testing.T) {
	for args, want := range map[string]string{
		"do --n=1 --n=2":        "--n is given twice, with different values",
		"do --on --on=false":    "--on is given twice",
		"do --n=1 --n=1":        "",
		"do --all=a --all=b":    "",
		"--debug do --n=1":      "",
		"--n=1":                 "there is no command before --n=1",
		"--n 1 do":              "there is no command before --n",
		"--debug --n=1":         "there is no command before --n=1",
		"help done":             `there is no command "done"`,
		"help do":               "",
		"--help":                "",
		"-h":                    "",
		"--version":             "",
		"completion bsh":        `there is no command "bsh", did you mean "bash"`,
		"completion bash":       "",
		"help completion zsh":   "",
		"--debug=true do --n=1": "",
	} {
		c := &cobra.Command{Use: "do", RunE: func(*cobra.Command, []string) error { return nil }}
		c.Flags().Int("n", 0, "")
		c.Flags().Bool("on", false, "")
		c.Flags().StringArray("all", nil, "")
		root := Root("test", "", c)
		root.PersistentFlags().Bool("debug", false, "")
		var told error
		code := Execute(context.Background(), root, strings.Fields(args), func(err error) error { told = err; return err })
		switch {
		case want == "" && (code != 0 || told != nil):
			t.Errorf("%s: exit code %d, %v", args, code, told)
		case want != "" && (code != 2 || told == nil || !strings.Contains(told.Error(), want)):
			t.Errorf("%s: exit code %d, %v, want %s", args, code, told, want)
		}
	}
}
