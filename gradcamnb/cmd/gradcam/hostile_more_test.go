package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
)

// flat is a picture of that size in one colour, which packs to next to nothing.
func flat(name string, w, h int) func(string) error {
	return func(dir string) error {
		var out bytes.Buffer
		err := png.Encode(&out, image.NewGray(image.Rect(0, 0, w, h)))
		return errors.Join(err, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700),
			os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600))
	}
}

// chunks is a RIFF of WebP's chunks.
func chunks(parts ...string) string {
	body := "WEBP" + strings.Join(parts, "")
	return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
}

func chunk(name, data string) string {
	return name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
}

// several does one after another.
func several(all ...func(string) error) func(string) error {
	return func(dir string) error {
		for _, f := range all {
			if err := f(dir); err != nil {
				return err
			}
		}
		return nil
	}
}

// nothing leaves the folder as it is.
func nothing(string) error { return nil }

// images are the flags of the pictures many/a.png, many/b.png, ...
func images(letters string) (args []string) {
	for _, l := range strings.Split(letters, "") {
		args = append(args, "--image", "{}/many/"+l+".png")
	}
	return args
}

var ofPictures = []attempt{
	{"picture", "a WebP of 1 x 1 whose data says 16,383 x 16,383", file("cat.webp", chunks(
		chunk("VP8X", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), chunk("VP8L", "\x2f\xfe\xbf\xff\x0f\x00"))),
		explaining("--image", "{}/cat.webp"), 1, "cat.webp"},
	{"picture", "8,000 x 8,000 of one colour", flat("cat.png", 8000, 8000), explaining("--image", cat), 0, "overlay.png"},
	{"picture", "2 x 50,000", flat("cat.png", 2, 50000), explaining("--image", cat), 0, "overlay.png"},
	{"picture", "a folder", several(func(dir string) error { return os.Remove(filepath.Join(dir, "cat.png")) },
		flat("cat.png/a.png", 8, 8)), explaining("--image", cat), 2, "is a folder"},
	{"picture", "16 of 3,000 x 3,000 in a batch", func(dir string) error {
		var all []func(string) error
		for _, n := range strings.Split("abcdefghijklmnop", "") {
			all = append(all, flat("many/"+n+".png", 3000, 3000))
		}
		return several(all...)(dir)
	}, explaining(append(images("abcdefghijklmnop"), "--batch", "16")...), 0, ""},
	{"picture", "some damaged, a pipe, a link and a folder among others",
		several(flat("many/a.png", 9, 9), file("many/b.png", "\x89PNG"), pipe("many/c.png"), link("many/d.png", "/dev/zero"),
			flat("many/e.png/f.png", 4, 4)),
		explaining(append(images("abcde"), "--batch", "2")...), 1, ""},
	{"picture", "named -rf", several(flat("-rf.png", 9, 9)), explaining("--image", "{}/-rf.png"), 0, "overlay.png"},
	{"picture", "named with a newline and an escape", flat("a\n\x1b[2Jb.png", 9, 9),
		explaining("--image", "{}/a\n\x1b[2Jb.png"), 0, "overlay.png"},
	{"picture", "named by bytes that are no UTF-8", flat("a\xff\xfe.png", 9, 9), explaining("--image", "{}/a\xff\xfe.png"),
		0, "overlay.png"},
	{"picture", "that is a GIF cut off", file("cat.gif", "GIF89a\xff\xff\xff\xff"), explaining("--image", "{}/cat.gif"), 1,
		"cat.gif"},
	{"picture", "that is a TIFF of 10^9 directories", file("cat.tif", "II*\x00\x08\x00\x00\x00\xff\xff"),
		explaining("--image", "{}/cat.tif"), 1, "cat.tif"},
	{"picture", "that is a JPEG of 65,535 x 65,535",
		file("cat.jpg", "\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00"), explaining("--image", "{}/cat.jpg"),
		1, "cat.jpg"},
	{"picture", "that is a BMP of -2^31 rows",
		file("cat.bmp", "BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x80\x01\x00\x18\x00"+strings.Repeat("\x00", 24)), explaining("--image", "{}/cat.bmp"), 1, "cat.bmp"},
}

var ofSidecars = []attempt{
	{"sidecar", "of 100 MB", func(dir string) error { return file("net.json", strings.Repeat(" ", 100<<20))(dir) },
		explaining("--image", cat), 1, "net.json"},
	{"sidecar", "10,000 deep", file("net.json", strings.Repeat("[", 10000)), explaining("--image", cat), 1, "net.json"},
	{"sidecar", "a field that there is not", file("net.json", `{"inptu": {}}`), explaining("--image", cat), 1, "inptu"},
	{"sidecar", "a scale of 0", file("net.json", `{"input": {"width": 64, "height": 64, "mean": 0, "scale": 0}}`),
		[]string{"explain", "--model", onnx, "--image", cat, "--out", "{}/out"}, 1, "scale"},
	{"sidecar", "a size of 10^9", file("net.json", `{"input": {"width": 1000000000, "height": 8, "mean": 0, "scale": 1}}`),
		[]string{"explain", "--model", onnx, "--image", cat, "--out", "{}/out"}, 1, "size"},
	{"sidecar", "numbers past the largest", file("net.json", `{"input": {"width": 1e400}}`), explaining("--image", cat), 1,
		"net.json"},
	{"sidecar", "a byte order mark", file("net.json", "\xef\xbb\xbf{}"), explaining("--image", cat), 0, "overlay.png"},
	{"labels", "of ../", file("net.json", `{"labels": "../l.txt"}`), explaining("--image", cat), 1,
		"do not lie beside it"},
	{"labels", "a pipe", several(file("net.json", `{"labels": "l.txt"}`), pipe("l.txt")), explaining("--image", cat), 1,
		"a pipe and no regular file"},
	{"labels", "a million", func(dir string) error {
		return several(file("net.json", `{"labels": "l.txt"}`), file("l.txt", strings.Repeat("a\n", 1e6)))(dir)
	}, explaining("--image", cat), 1, "labels"},
	{"labels", "HTML", several(file("net.json", `{"labels": "l.txt"}`),
		file("l.txt", strings.Repeat("<script>alert(1)</script>\n", 10))), explaining("--image", cat), 0, ""},
}

var ofFlags = []attempt{
	{"flags", "a size of -1", nothing, []string{"layers", "--model", onnx, "--size", "-1"}, 2, "size"},
	{"flags", "a size of 10^9", nothing, []string{"layers", "--model", onnx, "--size", "1000000000"}, 2, "size"},
	{"flags", "a scale of 0", nothing, []string{"explain", "--model", onnx, "--image", cat, "--size", "64", "--mean", "0",
		"--scale", "0", "--out", "{}/out"}, 2, "scale"},
	{"flags", "class -1", nothing, []string{"explain", "--model", onnx, "--image", cat, "--size", "64", "--mean", "127",
		"--scale", "64", "--target", "class:-1", "--out", "{}/out"}, either, "class"},
	{"flags", "class 10^18", nothing, []string{"explain", "--model", onnx, "--image", cat, "--size", "64", "--mean", "127",
		"--scale", "64", "--target", "class:1000000000000000000", "--out", "{}/out"}, either, "class"},
	{"flags", "a layer with escapes", nothing, explaining("--image", cat, "--layer", "\x1b[2J"), 1, "layer"},
	{"flags", "a method of 10^6 letters", nothing, explaining("--image", cat, "--method", strings.Repeat("a", 1e5)),
		either, "method"},
	{"flags", "2^62 masks", nothing, []string{"rise", "--model", onnx, "--image", cat, "--size", "64", "--mean", "127",
		"--scale", "64", "--masks", "4611686018427387904", "--out", "{}/out"}, 2, "masks"},
	{"flags", "no masks", nothing, []string{"rise", "--model", onnx, "--image", cat, "--size", "64", "--mean", "127",
		"--scale", "64", "--masks", "0", "--out", "{}/out"}, 2, "masks"},
	{"flags", "a grid of 10^9 cells", nothing, []string{"rise", "--model", onnx, "--image", cat, "--size", "64", "--mean",
		"127", "--scale", "64", "--grid", "1000000000", "--out", "{}/out"}, 1, "grid"},
	{"flags", "a backend that there is not", nothing, with(explaining("--image", cat), "--backend", "tpu"), either,
		"tpu"},
	{"flags", "no command", nothing, []string{"explian"}, 2, "explain"},
}

var ofFolders = []attempt{
	{"output", "a file in the place of the folder", file("out", "x"), explaining("--image", cat), 1, "out"},
	{"output", "a link to nowhere", link("out", "/nonexistent/folder"), explaining("--image", cat), 1, "out"},
	{"output", "overlay.png is a folder", several(flat("out/overlay.png/a.png", 4, 4)), explaining("--image", cat), 1,
		"overlay.png"},
	{"array", "a header of 2^31 axes",
		file("a.npy", "\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648, 4294967296), }\n"), explaining("--tensor", "{}/a.npy"), 1, "a.npy"},
	{"array", "text", file("a.npy", "hello"), explaining("--tensor", "{}/a.npy"), 1, "a.npy"},
	{"array", "a folder of zip", file("a.npz", "PK\x05\x06"+strings.Repeat("\x00", 18)),
		explaining("--tensor", "{}/a.npz"), 1, "a.npz"},
	{"run", "a damaged run.json", several(file("run.json", `{"weights": "../../etc/passwd"}`)),
		[]string{"rise", "--model", onnx, "--image", cat, "--size", "64", "--mean", "127", "--scale", "64", "--resume", "{}",
			"--out", "{}/out"}, 1, "run"},
}
