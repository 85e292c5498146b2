package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/posix"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

var mutants = flag.Int("mutants", 2000, "how many damaged model files TestMutants tries, with -slow")

// asMutants names, to a process of this test, the mutants to try, as FROM:TO.
const asMutants = "GRADCAM_TEST_MUTANTS"

// extremes are what sizes, axes and counts become.
var extremes = []int64{-1 << 63, -1 << 31, -99, -2, -1, 0, 1, 2, 3, 5, 7, 64, 255, 1 << 16, 1 << 30, 1<<31 - 1, 1 << 31,
	1 << 40, 1 << 62, 1<<63 - 1}

// mutate damages a model in one place.
func mutate(r *rand.Rand, m *protos.ModelProto, others []*protos.ModelProto) {
	g := m.Graph
	if g == nil || len(g.Node) == 0 {
		return
	}
	at := r.IntN(len(g.Node))
	n := g.Node[at]
	extreme := func() int64 { return extremes[r.IntN(len(extremes))] }
	switch r.IntN(14) {
	case 0: // another operator
		from := others[r.IntN(len(others))].Graph.Node
		if len(from) > 0 {
			n.OpType = from[r.IntN(len(from))].OpType
		}
	case 1: // a node of another model
		from := others[r.IntN(len(others))].Graph.Node
		if len(from) > 0 {
			other := proto.CloneOf(from[r.IntN(len(from))])
			other.Input, other.Output = n.Input, n.Output
			g.Node[at] = other
		}
	case 2:
		slices.Reverse(n.Input)
	case 3:
		if len(n.Input) > 0 {
			n.Input = n.Input[:r.IntN(len(n.Input))]
		}
	case 4: // reads another value, perhaps its own
		if len(n.Input) > 0 {
			from := g.Node[r.IntN(len(g.Node))]
			if len(from.Output) > 0 {
				n.Input[r.IntN(len(n.Input))] = from.Output[0]
			}
		}
	case 5:
		g.Node = slices.Delete(g.Node, at, at+1)
	case 6: // twice, under the same names
		g.Node = slices.Insert(g.Node, at, proto.CloneOf(n))
	case 7:
		if len(n.Attribute) > 0 {
			a := n.Attribute[r.IntN(len(n.Attribute))]
			a.I = extreme()
			for i := range a.Ints {
				if r.IntN(2) == 0 {
					a.Ints[i] = extreme()
				}
			}
		}
	case 8:
		if len(n.Attribute) > 0 {
			i := r.IntN(len(n.Attribute))
			n.Attribute = slices.Delete(n.Attribute, i, i+1)
		}
	case 9: // an attribute of another kind, or of another number of values
		if len(n.Attribute) > 0 {
			a := n.Attribute[r.IntN(len(n.Attribute))]
			a.Type = protos.AttributeProto_AttributeType(r.IntN(15))
			a.Ints = append(a.Ints, extreme())
		}
	case 10:
		if len(g.Initializer) > 0 {
			t := g.Initializer[r.IntN(len(g.Initializer))]
			if len(t.Dims) > 0 {
				t.Dims[r.IntN(len(t.Dims))] = extreme()
			} else {
				t.Dims = []int64{extreme()}
			}
		}
	case 11:
		if len(g.Initializer) > 0 {
			t := g.Initializer[r.IntN(len(g.Initializer))]
			t.DataType = int32(r.IntN(25))
		}
	case 12: // what integers say: shapes, axes, pads
		if len(g.Initializer) > 0 {
			t := g.Initializer[r.IntN(len(g.Initializer))]
			for i := range t.Int64Data {
				t.Int64Data[i] = extreme()
			}
			for i := range t.RawData {
				if r.IntN(8) == 0 {
					t.RawData[i] = byte(r.UintN(256))
				}
			}
		}
	default:
		if len(m.OpsetImport) > 0 && r.IntN(2) == 0 {
			m.OpsetImport[0].Version = extreme()
		} else if d := g.Input[0].GetType().GetTensorType().GetShape().GetDim(); len(d) > 0 {
			d[r.IntN(len(d))].Value = &protos.TensorShapeProto_Dimension_DimValue{DimValue: extreme()}
		}
	}
}

// mutant is damaged model file i of that seed: three of four in their structure, the others in their bytes.
func mutant(i int, whole [][]byte, models []*protos.ModelProto) ([]byte, error) {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	base := r.IntN(len(whole))
	if r.IntN(4) == 0 {
		data := slices.Clone(whole[base])
		for range 1 + r.IntN(8) {
			switch at := r.IntN(len(data)); r.IntN(3) {
			case 0:
				data[at] = byte(r.UintN(256))
			case 1:
				data = data[:max(at, 1)]
			default:
				data[at] ^= 1 << r.UintN(8)
			}
		}
		return data, nil
	}
	m := proto.CloneOf(models[base])
	for range 1 + r.IntN(4) {
		mutate(r, m, models)
	}
	return proto.Marshal(m)
}

// small are the model files that mutants are made of.
func small() (whole [][]byte, models []*protos.ModelProto, err error) {
	err = filepath.WalkDir(golden.Path(), func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".onnx" {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() > 200_000 {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		m := &protos.ModelProto{}
		if err := proto.Unmarshal(data, m); err != nil {
			return err
		}
		if m.Graph != nil && len(m.Graph.Input) > 0 {
			whole, models = append(whole, data), append(models, m)
		}
		return nil
	})
	return whole, models, err
}

// tryMutants runs the command on mutants from to, and writes "I CODE" of each.
func tryMutants(from, to int, dir string) error {
	whole, models, err := small()
	if err != nil {
		return err
	}
	say := os.Stdout
	if os.Stdout, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
		return err
	}
	file := filepath.Join(dir, "net.onnx")
	if err := os.WriteFile(filepath.Join(dir, "net.json"),
		[]byte(`{"layout": "NCHW", "input": {"mean": [127], "scale": [64]}}`), 0o600); err != nil {
		return err
	}
	for i := from; i < to; i++ {
		data, err := mutant(i, whole, models)
		if err != nil {
			continue // names that are no UTF-8, which protobuf does not write
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return err
		}
		args := []string{"layers", "--model", file}
		if i%8 == 0 {
			args = []string{"explain", "--backend", "go", "--model", file, "--image", golden.Path("images", "cat_224.png"),
				"--out", filepath.Join(dir, "out")}
		}
		if i%16 > 8 {
			args = append(args, "--size", "16")
		}
		fmt.Fprintln(say, i)
		begun := posix.ProcessorTime()
		late := time.AfterFunc(10*time.Second, func() {
			debug.SetTraceback("all")
			for wait := time.Second; posix.ProcessorTime()-begun < 10*time.Second && wait < time.Minute; wait += time.Second {
				time.Sleep(time.Second) // the machine may have other work
			}
			panic("not ended after 10 s of the processor")
		})
		code := run(args)
		late.Stop()
		fmt.Fprintln(say, i, code)
	}
	return nil
}

const mutantsPage = "# Damaged model files\n\nWritten by `CGO_ENABLED=0 go test ./gradcamnb/cmd/gradcam -run Mutants -slow -mutants N -update -timeout 4h`. " +
	"Our own model files are damaged in one to four places, in their structure or in their bytes, always in the same ways, and given to " +
	"`gradcam layers`, or every eighth to `gradcam explain`, with 1 GB of address space. " +
	"Each must end within 10 s of the processor with exit code 0 or 1, and without a stack.\n\n" +
	"On %s, of the %d that ended so, %d had exit code 0 and %d exit code 1; %d ended otherwise.\n"

// Damaged model files end within 10 s of the processor and 1 GB of address space, with exit code 0 or 1. -mutants
// 100000 is the whole campaign. -update writes how many there were, and how they ended, into docs/mutants.md.
func TestMutants(t *testing.T) {
	if span := os.Getenv(asMutants); span != "" {
		var from, to int
		if _, err := fmt.Sscanf(span, "%d:%d", &from, &to); err != nil {
			t.Fatal(err)
		}
		if err := tryMutants(from, to, t.TempDir()); err != nil {
			t.Fatal(err)
		}
		return
	}
	require.Slow(t, "thousands of damaged files")
	if runtime.GOOS != "linux" {
		t.Skip("limits the address space as Linux does")
	}
	const each = 250 // mutants of a process
	program := withoutCgo(t)
	codes, failed := map[int]int{}, 0
	for from := 0; from < *mutants; {
		to := min(from+each, *mutants)
		next, said := to, mutantsOf(t, program, [2]int{from, to}, codes)
		if said != "" { // the process ended at a mutant
			failed++
			number, why, _ := strings.Cut(said, ": ")
			at, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(said)
			}
			t.Errorf("mutant %d: %.5000s", at,
				why[max(0, strings.LastIndex(why, "panic: "), strings.LastIndex(why, "fatal error: ")):])
			next = at + 1
		}
		from = next
	}
	t.Logf("exit codes: %v", codes)
	if require.Update() {
		page := fmt.Sprintf(mutantsPage, time.Now().Format("2 January 2006"), codes[0]+codes[1], codes[0], codes[1], failed)
		if err := os.WriteFile(golden.Path("..", "docs", "mutants.md"), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for code := range codes {
		if code != 0 && code != 1 {
			t.Errorf("%d mutants ended with exit code %d", codes[code], code)
		}
	}
}

// withoutCgo builds this test without cgo: with it Go's runtime does not start within 1 GB of address space.
func withoutCgo(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "mutants.test")
	c := exec.Command("go", "test", "-c", "-o", program, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// mutantsOf tries mutants in a process of its own; if it ended early, it returns the mutant's number and what
// the process said.
func mutantsOf(t *testing.T, program string, span [2]int, codes map[int]int) string {
	t.Helper()
	from, to := span[0], span[1]
	c := exec.Command("sh", "-c", "ulimit -v 1000000; exec \"$0\" \"$@\"", program, "-test.run=^TestMutants$")
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%d", asMutants, from, to), "GOMLX_BACKEND=go")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	begun := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch w := strings.Fields(lines.Text()); len(w) {
		case 1:
			if _, err := strconv.Atoi(w[0]); err == nil {
				begun = w[0]
			}
		case 2:
			if code, err := strconv.Atoi(w[1]); err == nil && w[0] == begun {
				codes[code]++
				if code > 1 {
					t.Errorf("mutant %s: exit code %d", begun, code)
				}
				begun = ""
			}
		}
	}
	if err := c.Wait(); err != nil {
		return begun + ": " + stderr.String()
	}
	if i := strings.Index(stderr.String(), "goroutine "); i >= 0 {
		t.Errorf("a stack, of mutants %d to %d: %.2000s", from, to, stderr.String()[max(0, i-500):])
	}
	return ""
}
