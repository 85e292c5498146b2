package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/hostile"
	"github.com/gradcam-go/gradcam/internal/testing/posix"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// attempt is something that a stranger may hand over, and what becomes of it.
type attempt struct {
	area, what string
	make       func(dir string) error
	args       []string // {} stands for the folder
	code       int      // either for 0 or 1
	said       string
}

const either = -1

const cat, onnx = "{}/cat.png", "{}/net.onnx"

// explaining is the command of most cases.
func explaining(more ...string) []string {
	return append([]string{"explain", "--model", onnx, "--size", "64", "--mean", "127", "--scale", "64", "--target",
		"class:1", "--out", "{}/out", "--backend", "go"}, more...)
}

// with gives flags of a command other values, flags and values in turn.
func with(args []string, other ...string) []string {
	for i := 0; i < len(other); i += 2 {
		at := slices.Index(args, other[i])
		if at < 0 {
			panic("the arguments have no " + other[i])
		}
		args[at+1] = other[i+1]
	}
	return args
}

// pngOf is a PNG that claims a size and holds nothing.
func pngOf(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	header = append(header, 8, 2, 0, 0, 0)
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(header)-4))
	out = append(out, header...)
	return binary.BigEndian.AppendUint32(out, checksum(header))
}

func checksum(data []byte) uint32 { return crc32.ChecksumIEEE(data) }

// file, pipe and link put something into the folder.
func file(name, text string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
}

func pipe(name string) func(string) error {
	return func(dir string) error {
		return errors.Join(os.RemoveAll(filepath.Join(dir, name)), posix.Mkfifo(filepath.Join(dir, name), 0o600))
	}
}

func link(name, to string) func(string) error {
	return func(dir string) error {
		return errors.Join(os.RemoveAll(filepath.Join(dir, name)), os.Symlink(to, filepath.Join(dir, name)))
	}
}

var byHand = []attempt{
	{"model", "a pipe", pipe("net.onnx"), []string{"layers", "--model", onnx, "--size", "64"}, 1,
		"a pipe and no regular file"},
	{"model", "/dev/zero", link("net.onnx", "/dev/zero"), []string{"layers", "--model", onnx, "--size", "64"}, 1,
		"a device and no regular file"},
	{"model", "empty", file("net.onnx", ""), []string{"layers", "--model", onnx, "--size", "64"}, 1, ""},
	{"model", "a pointer of Git LFS", file("net.onnx", "version https://git-lfs.github.com/spec/v1\n"),
		[]string{"layers", "--model", onnx, "--size", "64"}, 1, "a pointer of Git LFS"},
	{"sidecar", "a pipe", pipe("net.json"), explaining("--image", cat), 1, "a pipe and no regular file"},
	{"sidecar", "/dev/zero", link("net.json", "/dev/zero"), explaining("--image", cat), 1, "leads out of the folder"},
	{"sidecar", "text after it", file("net.json", "{} x"), explaining("--image", cat), 1, "after the closing brace"},
	{"sidecar", "a mean of two", file("net.json", `{"input": {"mean": [1, 2]}}`), explaining("--image", cat), 1,
		"the mean has 2 numbers"},
	{"labels", "a link out of the folder", func(dir string) error {
		return errors.Join(file("net.json", `{"labels": "l.txt"}`)(dir), link("l.txt", "/etc/passwd")(dir))
	}, explaining("--image", cat), 1, "leads out of the folder"},
	{"labels", "terminal escapes", func(dir string) error {
		return errors.Join(file("net.json", `{"labels": "l.txt"}`)(dir),
			file("l.txt", "a\n\x1b[2Jb\nc\nd\ne\nf\ng\nh\ni\nj")(dir))
	}, explaining("--image", cat), 0, ""},
	{"picture", "a pipe", pipe("cat.png"), explaining("--image", cat), 1, "a pipe and no regular file"},
	{"picture", "/dev/zero", link("cat.png", "/dev/zero"), explaining("--image", cat), 1, "a device and no regular file"},
	{"picture", "of 20,000 x 20,000", file("cat.png", string(pngOf(20_000, 20_000))), explaining("--image", cat), 1,
		"at most 100 million"},
	{"picture", "of 1 x 5,000,000", file("cat.png", string(pngOf(1, 5_000_000))), explaining("--image", cat), 1,
		"a side may have"},
	{"picture", "cut off", file("cat.png", string(pngOf(8, 8))), explaining("--image", cat), 1, "is damaged"},
	{"picture", "an AVIF", file("cat.png", "\x00\x00\x00\x18ftypavif"), explaining("--image", cat), 1, "an AVIF picture"},
	{"array", "10 bytes that npyio panics at", file("a.npy", "\x93NUMPY\x01\x00\xff\xff"),
		explaining("--tensor", "{}/a.npy"), 1, "is damaged"},
	{"array", "12 bytes that claim 4 GB", file("a.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff"),
		explaining("--tensor", "{}/a.npy"), 1, "is damaged"},
	{"array", "a pipe", pipe("a.npy"), explaining("--tensor", "{}/a.npy"), 1, "a pipe and no regular file"},
	{"figure", "a pipe", pipe("a.png"), []string{"explain", "--like", "{}/a.png", "--out", "{}/out"}, 1,
		"a pipe and no regular file"},
	{"run", "a pipe", pipe("run.json"), []string{"rise", "--model", onnx, "--image", cat, "--resume", "{}", "--out",
		"{}/out"}, 1, "a pipe and no regular file"},
	{"flags", "a mean that is no number", file("x", ""), []string{"explain", "--model", onnx, "--size", "64", "--mean",
		"NaN", "--scale", "1", "--image", cat, "--out", "{}/out"}, 2, "is no number"},
	{"flags", "10^9 masks in a batch", file("x", ""), []string{"rise", "--model", onnx, "--image", cat, "--size", "64",
		"--batch", "1000000000", "--out", "{}/out"}, 2, "give at most"},
	{"flags", "an unknown one", file("x", ""), []string{"explain", "--no-such"}, 2, "has no flag"},
}

// written writes a model as net.onnx.
func written(model func() *protos.ModelProto) func(string) error {
	return func(dir string) error {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(model())
		return errors.Join(err, os.WriteFile(filepath.Join(dir, "net.onnx"), data, 0o600))
	}
}

// foreign finds words that our programs do not use: stacks, and what libraries say.
var foreign = regexp.MustCompile(`goroutine |runtime error|\x1b|\x07|strconv\.|json: (cannot|unknown|invalid)|Go (value|struct)|proto: |onnxruntime_src|node\. Name:`)

// campaign is everything that is tried.
func campaign() []attempt {
	var models []attempt
	for _, files := range []map[string]func() *protos.ModelProto{hostile.Files, hostile.Lies} {
		for _, what := range slices.Sorted(maps.Keys(files)) {
			models = append(models, attempt{"model", what, written(files[what]),
				[]string{"layers", "--model", onnx, "--size", "32"}, either, ""})
		}
	}
	for _, what := range slices.Sorted(maps.Keys(hostile.Lies)) {
		models = append(models, attempt{"onnxruntime", what, written(hostile.Lies[what]),
			with(explaining("--image", cat, "--method", "occlusion"), "--size", "32", "--backend", "onnxruntime"), either, ""})
	}
	return slices.Concat(models, byHand, ofPictures, ofSidecars, ofFlags, ofFolders, ofStudies, ofNewer, ofSizes,
		ofTables(), ofAgain)
}

// The campaign: each attempt ends within a time and an address space, with the exit code that it should have, one
// sentence, and no stack. -update writes the report.
func TestHostile(t *testing.T) {
	require.Slow(t, "each attempt is a process of its own")
	whole, err := os.ReadFile(model("resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(picture("cat_224.png"))
	if err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	tried := campaign()
	fmt.Fprintf(&report, "# What strangers may hand over\n\nWritten by `go test ./gradcamnb/cmd/gradcam -run Hostile -slow -update`. Each of the %d attempts runs in a process of its own with "+
		"6 GB of address space. It ends within a minute, or for a model within 5 s of the processor, with exit code 0 or 1 (2 if the command was called wrongly), and prints one sentence and no stack. "+
		"`CGO_ENABLED=0 go test ./gradcamnb/cmd/gradcam -run Mutants -slow -mutants 100000` tries damaged files by the thousand.\n\n| | what | exit code | said |\n|---|---|---|---|\n", len(tried))
	for _, h := range tried {
		t.Run(h.area+" "+h.what, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.WriteFile(filepath.Join(dir, "net.onnx"), whole, 0o600),
				os.WriteFile(filepath.Join(dir, "cat.png"), picture, 0o600), h.make(dir)); err != nil {
				t.Fatal(err)
			}
			end := limited(t, dir, h.args)
			switch {
			case h.code == either && end.code != 0 && end.code != 1, h.code != either && end.code != h.code,
				!strings.Contains(end.said, h.said):
				t.Errorf("exit code %d, want %d with %q: %.2000s", end.code, h.code, h.said, end.said)
			case foreign.MatchString(end.said):
				t.Errorf("said %.2000q", end.said)
			case h.area == "model" && end.spent > 5*time.Second:
				t.Errorf("took %v of the processor", end.spent)
			}
			lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(end.said), dir, "DIR"), "\n")
			line := lines[max(0, slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, h.said) }))]
			if len(line) > 300 {
				line = strings.ToValidUTF8(line[:300], "") + " …"
			}
			if h.area == "model" && h.code == either && end.code == 0 {
				line = "its layers"
			}
			fmt.Fprintf(&report, "| %s | %s | %d | %s |\n", h.area, plain.Replace(h.what), end.code, plain.Replace(line))
		})
	}
	if require.Update() {
		if err := os.WriteFile(golden.Path("..", "docs", "hostile.md"), []byte(report.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// plain writes text into a cell of a table in markdown.
var plain = strings.NewReplacer("|", "\\|", "<", "\\<", "*", "\\*", "_", "\\_")

// ending is how an attempt ended.
type ending struct {
	code  int
	said  string
	spent time.Duration // of the processor
}

// limited runs the command within a time and an address space.
func limited(t *testing.T, dir string, args []string) ending {
	t.Helper()
	line := "ulimit -v 6000000; exec \"$0\" \"$@\""
	all := []string{"-c", line, os.Args[0]}
	for _, a := range args {
		all = append(all, strings.ReplaceAll(a, "{}", dir))
	}
	c := exec.Command("sh", all...)
	c.Env = append(os.Environ(), asCommand+"=1", "GOMLX_BACKEND=go")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(60*time.Second, func() { _ = c.Process.Kill() })
	err := c.Wait()
	if !late.Stop() {
		t.Errorf("%v: it did not end in time", args)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ending{c.ProcessState.ExitCode(), out.String(), c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
}
