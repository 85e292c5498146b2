package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/peak"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// tinyPictures writes so many pictures of 8 x 8 pixels, no two alike.
func tinyPictures(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		writePicture(t, filepath.Join(dir, fmt.Sprintf("p%03d.png", i)), i)
	}
}

func writePicture(t *testing.T, path string, i int) {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for j := range 64 {
		img.SetNRGBA(j%8, j/8, color.NRGBA{uint8(i), uint8(4 * j), uint8(i * j), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// many are the arguments that explain a folder's pictures on a tiny network.
func many(pictures, out string, more ...string) []string {
	return append([]string{
		"explain", "--model", model("squeezenet.dyn.onnx"), "--image", filepath.Join(pictures, "*.png"), "--batch", "16",
		"--size", "64", "--mean", "127", "--scale", "128", "--out", out,
	}, more...)
}

// stamps are the finished results with the times they were written at.
func stamps(t *testing.T, out string) map[string]time.Time {
	t.Helper()
	at := map[string]time.Time{}
	paths, err := filepath.Glob(filepath.Join(out, "*", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		at[filepath.Base(filepath.Dir(path))] = info.ModTime()
	}
	return at
}

// A run of 200 pictures is killed in the middle more than once. In the end every result is there, none was made twice,
// and each equals that of the picture alone.
func TestManyPicturesKilledAndResumed(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	tinyPictures(t, in, 200)
	args := many(in, out)
	var before map[string]time.Time
	for range 2 {
		c := gradcam(args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		want := len(before) + 20
		eventually.True(t, "20 more results are there", func() bool { return len(stamps(t, out)) >= want })
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		before = stamps(t, out)
	}
	if len(before) < 40 || len(before) >= 200 {
		t.Fatalf("%d results after two kills", len(before))
	}
	code, _, said := call(t, args...)
	if code != 0 || !strings.Contains(said, fmt.Sprintf("%d pictures explained", 200-len(before))) ||
		!strings.Contains(said, fmt.Sprintf("; %d were there already", len(before))) {
		t.Errorf("exit code %d: %s", code, said)
	}
	after := stamps(t, out)
	if len(after) != 200 {
		t.Fatalf("%d results", len(after))
	}
	for name, at := range before {
		if !after[name].Equal(at) {
			t.Errorf("%s was made twice", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) != 200 {
		t.Errorf("%d folders", len(left))
	}

	alone := t.TempDir()
	for _, name := range []string{"p000.png", "p117.png", "p199.png"} { // of the first, a middle and the last, smaller batch
		single := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--batch" || a == "16" })
		single[slices.Index(single, "--image")+1], single[slices.Index(single, "--out")+1] = filepath.Join(in, name), alone
		if code, _, said := call(t, single...); code != 0 {
			t.Fatal(said)
		}
		for _, file := range []string{"heatmap.npy", "raw.npy"} {
			dims, got, err1 := npyfile.Read(filepath.Join(out, name, file))
			want, values, err2 := npyfile.Read(filepath.Join(alone, file))
			if err1 != nil || err2 != nil || !slices.Equal(dims, want) {
				t.Fatalf("%s: %v %v, %v %v", name, dims, want, err1, err2)
			}
			for i := range got {
				if d := got[i] - values[i]; !(d <= 1e-4 && d >= -1e-4) {
					t.Errorf("%s: %s differs from that of the picture alone by %g", name, file, d)
					break
				}
			}
		}
	}
}

// If a picture, the model or a flag has changed, what depends on it is made again, and nothing else.
func TestManyPicturesChanged(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	tinyPictures(t, in, 5)
	run := func(want string, more ...string) map[string]time.Time {
		t.Helper()
		code, _, said := call(t, many(in, out, more...)...)
		if code != 0 || !strings.Contains(said, want) {
			t.Errorf("exit code %d: %s, want %q", code, said, want)
		}
		return stamps(t, out)
	}
	first := run("5 pictures explained")
	writePicture(t, filepath.Join(in, "p002.png"), 77)
	if err := os.WriteFile(filepath.Join(out, "p004.png", "result.json"), []byte(`{"inputs": "`), 0o600); err != nil {
		t.Fatal(err)
	}
	second := run("2 pictures explained in")
	if first["p002.png"].Equal(second["p002.png"]) || !first["p001.png"].Equal(second["p001.png"]) {
		t.Errorf("%v and then %v", first, second)
	}
	run("5 pictures explained", "--target", "class:3")
	run("0 pictures explained", "--target", "class:3")
	run("5 pictures explained", "--colors", "jet", "--target", "class:3")
}

// Pictures with dangerous names, files that are no files, and files that are no pictures: each gets a folder of its own
// within --out or is reported, and the others are explained.
func TestManyHostilePictures(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	names := []string{"a b.png", "[x].png", "-.png", "..png", "ü.png", "A.png", "a.png", "\x1b[31mred.png",
		"<img src=x>.png", "line\nbreak.png", strings.Repeat("long", 50) + ".png", "\xff.png"}
	for i, name := range names {
		writePicture(t, filepath.Join(in, name), i)
	}
	if err := os.Mkdir(filepath.Join(in, "folder.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"text.png": "no picture", "empty.png": ""} {
		if err := os.WriteFile(filepath.Join(in, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(in, "\x1b[2Jlink.png")); err != nil {
		t.Fatal(err)
	}
	literal := filepath.Join(in, "[x].png") // a file of that name, not a pattern
	code, _, said := call(t, many(in, out, "--image", literal, "--image", literal)...)
	if code != 1 || !strings.Contains(said, "4 of 16 pictures could not be explained") {
		t.Errorf("exit code %d: %s", code, said)
	}
	for _, want := range []string{"folder.png: it is a folder and no regular file", "text.png is not a picture",
		"empty.png", `\x1b[2Jlink.png: no such file`} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not told:\n%s", want, said)
		}
	}
	if strings.Contains(said, "\x1b") {
		t.Errorf("an escape sequence reaches the terminal: %q", said)
	}
	results := slices.Sorted(maps.Keys(stamps(t, out)))
	if len(results) != len(names) {
		t.Errorf("results in %q", results)
	}
	seen := map[string]bool{}
	for _, name := range results {
		data, err := os.ReadFile(filepath.Join(out, name, "result.json"))
		if err != nil {
			t.Fatal(err)
		}
		var rep report
		if err := json.Unmarshal(data, &rep); err != nil || len(rep.Images) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		seen[rep.Images[0].Image] = true
	}
	if len(seen) != len(names) {
		t.Errorf("results of %q", slices.Sorted(maps.Keys(seen)))
	}
	if code, _, said := call(t, many(in, out)...); code != 1 || !strings.Contains(said, "0 pictures explained") {
		t.Errorf("again: exit code %d: %s", code, said)
	}
}

// Four times as many pictures take no more memory. If they were kept, the 60 more would take 62 MB.
func TestManyPicturesAreNotKept(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	in := t.TempDir()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 510, 510))); err != nil {
		t.Fatal(err)
	}
	for i := range 80 {
		if err := os.WriteFile(filepath.Join(in, fmt.Sprintf("%03d.png", i)), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	most := func(pattern string) float64 {
		args := many(in, t.TempDir())
		args[slices.Index(args, "--image")+1] = filepath.Join(in, pattern)
		args[slices.Index(args, "--batch")+1] = "4"
		c := gradcam(args...)
		if said, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		mb, ok := peak.Memory(c.ProcessState)
		if !ok {
			t.Skip("this system does not tell the peak of a process's memory")
		}
		return mb
	}
	few, all := most("0[01]?.png"), most("*.png")
	t.Logf("%.0f MiB of 20 pictures, %.0f MiB of 80", few, all)
	if all > 1.25*few {
		t.Errorf("80 pictures take %.0f MiB and 20 of them %.0f", all, few)
	}
}

// Many pictures in front of a model with several inputs: each has the map that it has alone,
// and another value is another run.
func TestManyWithSeveralInputs(t *testing.T) {
	out := t.TempDir()
	args := []string{"explain", "--model", golden.Path("inputs", "about.onnx"), "--batch", "2"}
	pictures := []string{"cat.png", "coffee_224.png", "astronaut.png"}
	for _, name := range pictures {
		args = append(args, "--image", picture(name))
	}
	read := func(dir string) []float32 {
		t.Helper()
		_, values, err := npyfile.Read(filepath.Join(dir, "raw.npy"))
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	if code, _, said := call(t, append(args, "--out", out, "--input", "about=1,2,3,-1")...); code != 0 {
		t.Fatal(said)
	}
	var before [][]float32
	for _, name := range pictures {
		alone := t.TempDir()
		if code, _, said := call(t, "explain", "--model", golden.Path("inputs", "about.onnx"), "--image", picture(name),
			"--input", "about=1,2,3,-1", "--out", alone); code != 0 {
			t.Fatal(said)
		}
		got, want := read(filepath.Join(out, name)), read(alone)
		for i := range want {
			if d := got[i] - want[i]; !(d <= 1e-5 && d >= -1e-5) {
				t.Errorf("%s: cell %d is %g among many and %g alone", name, i, got[i], want[i])
				break
			}
		}
		before = append(before, got)
	}
	if code, _, said := call(t, append(args, "--out", out, "--input", "about=3,2,1,1")...); code != 0 ||
		strings.Contains(said, "there already") {
		t.Errorf("another value: %d, %s", code, said)
	}
	for i, name := range pictures {
		if slices.Equal(before[i], read(filepath.Join(out, name))) {
			t.Errorf("%s: another value gives the same map", name)
		}
	}
}
