package notebooks

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/resident"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/processes"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// kernel is a running kernel, through testdata/kernel.py.
type kernel struct {
	t      *testing.T
	driver *exec.Cmd
	stdin  io.WriteCloser
	said   *bufio.Scanner
	wrong  strings.Builder // what the driver and the launcher complain of, which is whole once the driver has ended
	pid    int             // of the launcher
}

func startKernel(t *testing.T) *kernel {
	t.Helper()
	needJupyter(t)
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc to see the processes")
	}
	k := &kernel{t: t, driver: exec.Command("python3", filepath.Join("testdata", "kernel.py"), "gonb-gradcam", ".")}
	stdout, err := k.driver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if k.stdin, err = k.driver.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	k.driver.Stderr = &k.wrong
	if err := k.driver.Start(); err != nil {
		t.Fatal(err)
	}
	k.said = bufio.NewScanner(stdout)
	k.said.Buffer(nil, 64<<20)
	t.Cleanup(k.end)
	var started struct{ PID int }
	k.hear(&started)
	k.pid = started.PID
	return k
}

func (k *kernel) hear(to any) {
	k.t.Helper()
	if !k.said.Scan() {
		k.end()
		k.t.Fatalf("the kernel's driver ended: %v\n%s", k.said.Err(), &k.wrong)
	}
	if err := json.Unmarshal(k.said.Bytes(), to); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kernel) ask(request map[string]any, to any) {
	k.t.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		k.t.Fatal(err)
	}
	if _, err := k.stdin.Write(append(text, '\n')); err != nil {
		k.t.Fatal(err)
	}
	k.hear(to)
}

// end shuts the kernel down and waits until that is done.
func (k *kernel) end() {
	_ = k.stdin.Close()
	_ = k.driver.Wait()
}

// cell is what came of running a cell.
type cell struct {
	Status  string
	Seconds float64
	Error   string
	Outputs []struct {
		At         float64 // seconds
		Kind, Text string
	}
}

// text is what the cell has put out of a kind, such as stderr.
func (c cell) text(kind string) string {
	var b strings.Builder
	for _, o := range c.Outputs {
		if o.Kind == kind {
			b.WriteString(o.Text)
		}
	}
	return b.String()
}

func (c cell) count(kind string) (n int) {
	for _, o := range c.Outputs {
		if o.Kind == kind {
			n++
		}
	}
	return n
}

func (k *kernel) run(code string) cell {
	k.t.Helper()
	var c cell
	k.ask(map[string]any{"run": code}, &c)
	return c
}

// begin runs a cell and returns when it has written something; the rest is heard.
func (k *kernel) begin(code string) {
	k.t.Helper()
	var wrote struct{ Wrote string }
	k.ask(map[string]any{"run": code, "tell": true}, &wrote)
	if wrote.Wrote == "" {
		k.t.Fatal("the cell ended before it wrote anything")
	}
}

// show is a cell that explains a picture, with no import.
const show = `%%
model := gradcamnb.MustOpen("../testdata/models/resnet-basic.ts.onnx")
prep := gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Crop, Order: "RGB", Scale: [3]float32{255, 255, 255}})
nb.MustShow(model.MustExplain(imgio.MustOpen("../testdata/images/cat.png"), prep))`

// long is a cell that takes minutes, after it has said that it begins.
const long = `%%
model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
fmt.Println("begins")
model.MustExplain(imgio.MustOpen("../testdata/images/cat.png"), gradcamnb.Methods("RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: 1_000_000}))
fmt.Println("ends")`

// shows fails the test unless a cell that explains has a picture.
func (k *kernel) shows(when string) cell {
	k.t.Helper()
	c := k.run(show)
	if c.Status != "ok" || c.count("image/png") != 1 {
		k.t.Fatalf("%s: %s %s, %d pictures: %s", when, c.Status, c.Error, c.count("image/png"), c.text("stderr"))
	}
	return c
}

// engine is the process of the kernel's resident engine; 0 if there is none.
func (k *kernel) engine() int {
	for _, p := range running() {
		if p.parent == k.pid && strings.Contains(p.command, "gradcam serve") {
			return p.pid
		}
	}
	return 0
}

// 500 explanations through one engine, each of another class: every picture arrives, and from the tenth cell on the
// engine's memory grows by no more than a tenth. It is looked at after every five cells.
func TestFiveHundred(t *testing.T) {
	k := startKernel(t)
	const cells, each = 50, 10
	var memory []float64
	for i := range cells {
		c := k.run(fmt.Sprintf(`%%%%
model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
cat := imgio.MustOpen("../testdata/images/cat.png")
for i := range %d {
	nb.MustShow(model.MustExplain(cat, gradcamnb.Class(%d + i)))
}`, each, i*each))
		if n := c.count("image/png"); c.Status != "ok" || n != each {
			t.Fatalf("cell %d: %s %s, %d of %d pictures: %s", i, c.Status, c.Error, n, each, c.text("stderr"))
		}
		if i >= 9 && i%5 == 4 {
			memory = append(memory, float64(memoryOf(t, k.engine())))
		}
	}
	growth := processes.Growth(memory)
	t.Logf("the engine's memory grew by %.1f %%, in KiB after every five cells: %.0f", 100*growth, memory)
	if !(growth <= 0.1) {
		t.Errorf("the engine's memory grew by %.1f %%, at most 10 %% is fine", 100*growth)
	}
}

// The engine answers cell after cell, and says once that it does.
func TestEngineStays(t *testing.T) {
	k := startKernel(t)
	first := k.shows("the first cell")
	engine := k.engine()
	if said := first.text("stdout"); strings.Count(said, "kernel's engine") != 1 || engine == 0 {
		t.Errorf("the engine %d says %q", engine, said)
	}
	if said := k.shows("the second cell").text("stdout"); said != "" {
		t.Errorf("and then %q", said)
	}
	k.run("%reset")
	k.shows("after %reset")
	if now := k.engine(); now != engine {
		t.Errorf("the engine was process %d and is %d", engine, now)
	}
	linked := k.run("import _ \"github.com/gradcam-go/gradcam/gradcamnb/engine\"\n" + show)
	if linked.Status != "ok" || linked.text("stdout") != "" {
		t.Errorf("a cell with an engine of its own: %s, %q", linked.Error, linked.text("stdout"))
	}
}

// An engine that is killed between two cells is not missed; one that is killed while it
// works fails that cell in one line.
func TestEngineIsKilled(t *testing.T) {
	k := startKernel(t)
	k.shows("the first cell")
	first := k.engine()
	kill(t, first, syscall.SIGKILL)
	k.shows("after the engine was killed")
	second := k.engine()
	if second == first || second == 0 {
		t.Errorf("the engine was process %d and is %d", first, second)
	}
	k.begin(long)
	before := cpu(t, second)
	eventually.True(t, "the engine works", func() bool { return cpu(t, second) > before+1 })
	kill(t, second, syscall.SIGKILL)
	var c cell
	k.hear(&c)
	if said := c.text("stderr"); c.Status != "error" ||
		!strings.HasPrefix(said, "error: the engine ended before it answered") || strings.Contains(said, "goroutine") {
		t.Errorf("killed while it works: %s, %q", c.Status, said)
	}
	k.shows("after that")
}

// Interrupting a cell ends its work in the engine, and not the engine.
func TestInterrupt(t *testing.T) {
	k := startKernel(t)
	k.shows("the first cell")
	engine := k.engine()
	var c cell
	k.ask(map[string]any{"run": long, "interrupt": 2}, &c)
	if c.Status != "error" || len(c.Outputs) == 0 || strings.Contains(c.text("stdout"), "ends") {
		t.Errorf("interrupted 2 s after it began: %s after %.0f s, %+v", c.Status, c.Seconds, c.Outputs)
	}
	// GoNB kills what has not ended five seconds after the interrupt.
	if len(c.Outputs) > 0 && require.IsSlow() && c.Seconds-c.Outputs[0].At > 2+5 {
		t.Errorf("it took %.0f s to end", c.Seconds-c.Outputs[0].At-2)
	}
	k.shows("after that")
	if now := k.engine(); now != engine {
		t.Errorf("the engine was process %d and is %d", engine, now)
	}
	eventually.True(t, "the engine rests", func() bool { // it may be compiling for what comes
		before := cpu(t, engine)
		time.Sleep(time.Second)
		return cpu(t, engine)-before <= 0.2
	})
}

// Two notebooks have an engine each, and each engine goes on when the other ends. A kernel that ends leaves no process
// behind.
func TestTwoNotebooks(t *testing.T) {
	a, b := startKernel(t), startKernel(t)
	a.shows("the first notebook")
	b.shows("the second notebook")
	ofA, ofB := a.engine(), b.engine()
	if ofA == ofB || ofA == 0 || ofB == 0 {
		t.Errorf("the engines are processes %d and %d", ofA, ofB)
	}
	socket := strings.TrimSpace(a.run("!echo $GRADCAMNB_SOCKET").text("stdout"))
	if info, err := os.Stat(filepath.Dir(socket)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the socket %q: %v", socket, err)
	}
	mine := family(a.pid)
	a.end()
	for _, p := range mine {
		eventually.True(t, "it ends: "+p.command, func() bool { return !runs(p.pid) })
	}
	if _, err := os.Stat(filepath.Dir(socket)); err == nil {
		t.Errorf("left behind: %s", socket)
	}
	b.shows("after the first notebook was closed")
}

// Nothing is left running after the launcher was killed, not even a cell at work.
func TestLauncherIsKilled(t *testing.T) {
	k := startKernel(t)
	k.shows("the first cell")
	socket := strings.TrimSpace(k.run("!echo $GRADCAMNB_SOCKET").text("stdout"))
	k.begin(long)
	all := family(k.pid)
	kill(t, k.pid, syscall.SIGKILL)
	for _, p := range all {
		eventually.True(t, "it ends: "+p.command, func() bool { return !runs(p.pid) })
	}
	eventually.True(t, "it is removed: "+socket, func() bool { _, err := os.Stat(filepath.Dir(socket)); return err != nil })
	_ = k.driver.Process.Kill()
}

// A cell that cannot use the engine says why in one line; with an engine of its own it
// goes on.
func TestStaleSocket(t *testing.T) {
	k := startKernel(t)
	k.run("%env GRADCAMNB_SOCKET /tmp/no-such-folder/engine.sock")
	c := k.run(show)
	if said := c.text("stderr"); c.Status != "error" ||
		!strings.HasPrefix(said, "error: the kernel's engine cannot be used: nothing answers at its socket") ||
		strings.Count(said, "\n") != 3 {
		t.Errorf("%s, %q", c.Status, said)
	}
	c = k.run("import _ \"github.com/gradcam-go/gradcam/gradcamnb/engine\"\n" + show)
	if c.Status != "ok" || c.count("image/png") != 1 ||
		!strings.Contains(c.text("stdout"), "explaining within this program") {
		t.Errorf("%s, %q", c.Error, c.text("stdout"))
	}
}

// An engine of another version is not used: the cell says so in one line, and with an
// engine of its own it goes on.
func TestEngineOfAnotherVersion(t *testing.T) {
	k := startKernel(t)
	l, err := resident.Listen(filepath.Join(t.TempDir(), "private", "engine.sock"))
	if err != nil {
		t.Fatal(err)
	}
	older := resident.Server{Types: "older"}
	ended := make(chan error)
	go func() { ended <- older.Serve(l) }()
	k.run("%env GRADCAMNB_SOCKET " + l.Addr().String())
	c := k.run(show)
	if said := c.text("stderr"); c.Status != "error" ||
		!placed("the kernel's engine cannot be used: it is of another version than this program; restart the kernel",
			2).MatchString(said) {
		t.Errorf("%s, %q", c.Status, said)
	}
	c = k.run("import _ \"github.com/gradcam-go/gradcam/gradcamnb/engine\"\n" + show)
	if said := c.text("stdout"); c.Status != "ok" || c.count("image/png") != 1 ||
		strings.Count(said, "it is of another version than this program; restart the kernel; explaining within this program\n") != 1 {
		t.Errorf("%s, %q", c.Error, said)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The doctor is a cell, too: it names the kernel's engine and what is installed.
func TestDoctor(t *testing.T) {
	k := startKernel(t)
	c := k.run("%%\ngradcamnb.Doctor()")
	said := c.text("stdout")
	for _, want := range []string{"notebook  this is a cell of GoNB\n", "engine    the kernel's engine, at /", "gonb ",
		"goimports ", "gopls (completion and hover in cells)", "PJRT plugin (XLA)"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if c.Status != "ok" || c.text("stderr") != "" || strings.Contains(said, "missing  gonb") {
		t.Errorf("%s %q:\n%s", c.Error, c.text("stderr"), said)
	}
}

// Our errors are one line and their place in the cell, and no stack trace.
func TestErrorIsOneLine(t *testing.T) {
	k := startKernel(t)
	c := k.run("%%\n_ = 1\nimgio.MustOpen(\"no-such-picture.png\")")
	missing, err := filepath.Abs("no-such-picture.png")
	if err != nil {
		t.Fatal(err)
	}
	if said := c.text("stderr"); !placed("reading the picture: open "+missing+": no such file or directory",
		3).MatchString(said) {
		t.Errorf("%q", said)
	}
	if said := k.run("%%\nvar m map[string]int\nm[\"x\"] = 1").text("stderr"); !strings.Contains(said, "goroutine 1") {
		t.Errorf("a panic of another kind has no stack trace: %q", said)
	}
}
