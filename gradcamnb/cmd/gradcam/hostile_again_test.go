package main

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/hostile"
)

// manyScans is a progressive JPEG of 10,000 x 10,000 grey pixels in which so many scans change nothing. Each says that
// 48 runs of 32,767 blocks are as they were.
func manyScans(scans int) string {
	segment := func(marker byte, body ...byte) string {
		return string(append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(body))), body...))
	}
	const run = "0" + "11111111111111" // the only code, and 14 bits of a run's length
	bits := strings.Repeat(run, 48)
	var data []byte
	for len(bits) > 0 {
		bits += strings.Repeat("1", max(0, 8-len(bits)))
		var b byte
		for _, c := range bits[:8] {
			b = b<<1 | byte(c-'0')
		}
		if data, bits = append(data, b), bits[8:]; b == 0xff {
			data = append(data, 0)
		}
	}
	table := append([]byte{0x10, 1}, make([]byte, 15)...) // for all but the first number of a block: one code of one bit
	const high, low = 10000 >> 8, 10000 & 0xff
	scan := segment(0xda, 1, 1, 0, 1, 63, 0) + string(data)
	return "\xff\xd8" + segment(0xdb, make([]byte, 65)...) + segment(0xc2, 8, high, low, high, low, 1, 1, 0x11, 0) +
		segment(0xc4, append(table, 0xe0)...) + strings.Repeat(scan, scans) + "\xff\xd9"
}

// holes is an archive of files of a size, each of one hole.
func holes(name string, size int64, entries ...string) func(string) error {
	return func(dir string) error {
		var out bytes.Buffer
		for _, e := range entries {
			w := tar.NewWriter(&out)
			err := w.WriteHeader(&tar.Header{Name: e, Mode: 0o600, Format: tar.FormatGNU, Typeflag: tar.TypeReg})
			if err != nil {
				return err
			}
			if err := w.Flush(); err != nil {
				return err
			}
			h := out.Bytes()[out.Len()-512:]
			h[156] = tar.TypeGNUSparse
			copy(h[386:], fmt.Sprintf("%011o\x00%011o\x00", size, 0)) // the first part, of no bytes at the end
			copy(h[483:], fmt.Sprintf("%011o\x00", size))
			copy(h[148:], "        ")
			sum := 0
			for _, b := range h {
				sum += int(b)
			}
			copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
		}
		out.Write(make([]byte, 1024))
		return os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600)
	}
}

// numbered are names with that end, as many as that.
func numbered(n int, end string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%d%s", i, end))
	}
	return out
}

// ofTables studies Parquet files that claim much.
func ofTables() (out []attempt) {
	for _, what := range slices.Sorted(maps.Keys(hostile.Tables)) {
		out = append(out, attempt{"table", what, func(dir string) error {
			return file("in.parquet", string(hostile.Tables[what]()))(dir)
		}, hostileStudy("--pictures", "{}/in.parquet"), 1, "in.parquet"})
	}
	return out
}

// utf16Lines is a text as PowerShell writes it.
func utf16Lines(text string) string {
	out := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return string(out)
}

// labelled asks for the class that the first of the labels names.
func labelled(what, labels string) attempt {
	return attempt{"labels", what, several(file("net.json", `{"labels": "l.txt"}`), file("l.txt", labels)),
		[]string{"explain", "--model", onnx, "--size", "64", "--mean", "127", "--scale", "64", "--target", "class:a",
			"--image", cat, "--out", "{}/out", "--backend", "go"}, 0, "overlay.png"}
}

// arrayOf is a NumPy file of one number whose header says the shape.
func arrayOf(shape string) string {
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }\n"
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + "\x00\x00\x00\x00"
}

// recipe is a figure with another recipe than that with which it was made.
func recipe(text string) func(string) error {
	made := func(dir string) error { return commandIn(dir, explaining("--image", cat)).Run() }
	return several(made, func(dir string) error {
		data, err := os.ReadFile(filepath.Join(dir, "out", "overlay.png"))
		if err != nil {
			return err
		}
		says, err1 := render.ReadTexts(data)
		img, err2 := png.Decode(bytes.NewReader(data))
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		says["gradcam:recipe"] = text
		data, err = render.EncodePNG(img, says)
		return errors.Join(err, os.WriteFile(filepath.Join(dir, "a.png"), data, 0o600))
	})
}

// remade makes that figure again.
func remade(what, text, said string) attempt {
	return attempt{"figure", what, recipe(text), []string{"explain", "--like", "{}/a.png", "--model", onnx, "--image", cat,
		"--out", "{}/again", "--backend", "go"}, 1, said}
}

var ofAgain = []attempt{
	remade("a recipe of 10^15 masks", `{"v": 1, "methods": ["RISE"], "sampling": {"Masks": 1000000000000000}}`, "masks are asked for"),
	remade("a recipe of pictures of 10^9 pixels", `{"v": 1, "prep": {"width": 1000000000, "height": 1, "mean": [1], "scale": [1], "order": "RGB", "fit": "crop"}}`,
		"is not between 1 and 8192"),
	remade("a recipe 5,000,000 deep", strings.Repeat("[", 5e6), "exceeded max depth"),
	remade("a recipe of two versions", `{"v": 1, "v": 1}`, `"v" is given twice`),
	{"labels", "of 6 MB each", several(file("net.json", `{"labels": "l.txt"}`), func(dir string) error {
		return file("l.txt", strings.Repeat(strings.Repeat("x", 6e6)+"\n", 10))(dir)
	}), explaining("--image", cat), 1, "it is no label"},
	{"truth", "XML with a class of 15 MB", several(renamed("cat.png"), func(dir string) error {
		return file("in/cat.xml", "<annotation><object><name>"+strings.Repeat("x", 15e6)+"</name></object></annotation>")(dir)
	}), ofTruth("{}/in", "--truth-class", "y"), 1, "bytes more"},
	{"array", "of 20,000 axes", file("a.npy", arrayOf(strings.Repeat("1,", 20_000))),
		explaining("--tensor", "{}/a.npy"), 1, "an array of 20000 axes"},
	{"array", "a header of 30,000 brackets", file("a.npy", arrayOf(strings.Repeat("(", 30_000))),
		explaining("--tensor", "{}/a.npy"), 1, "its header does not name one type"},
	{"picture", "a JPEG of 100 kB with 1,000 scans of 10^8 pixels", file("cat.jpg", manyScans(1000)),
		explaining("--image", "{}/cat.jpg"), 1, "so many scans"},
	{"archive", "2,000 labels that are holes of 1 MB", several(holes("in.tar", 1<<20, numbered(2000, ".cls")...)),
		hostileStudy("--pictures", "{}/in.tar"), 1, "stored with holes"},
	{"archive", "a label of 100 kB", func(dir string) error {
		return archiveOf("in.tar", "a.png", "", "a.cls", strings.Repeat("x", 100_000))(dir)
	}, hostileStudy("--pictures", "{}/in.tar"), 1, "its label has more than 4096 bytes"},
	{"archive", "JSON of 2 MB beside a picture", func(dir string) error {
		return archiveOf("in.tar", "a.png", "", "a.json", `{"label": 1, "x": "`+strings.Repeat("x", 2<<20)+`"}`)(dir)
	}, hostileStudy("--pictures", "{}/in.tar"), 1, "in which no label is looked for"},
	{"sidecar", "a mean that is given twice", file("net.json", `{"input": {"mean": [127], "scale": [64], "mean": [1]}}`),
		explaining("--image", cat), 1, `"mean" is given twice`},
	{"sidecar", "a mean and a Mean", file("net.json", `{"input": {"mean": [127], "scale": [64], "Mean": [1]}}`),
		explaining("--image", cat), 1, `"mean" is given twice, as "mean" and as "Mean"`},
	labelled("of UTF-16", utf16Lines("a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj")),
	labelled("that begin with the mark of UTF-8", "\xef\xbb\xbfa\nb\nc\nd\ne\nf\ng\nh\ni\nj"),
}

// archiveOf is a tar archive of names and texts in turn; an empty text stands for a picture.
func archiveOf(name string, entries ...string) func(string) error {
	return func(dir string) error {
		picture, err := os.ReadFile(filepath.Join(dir, "cat.png"))
		if err != nil {
			return err
		}
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for i := 0; i < len(entries); i += 2 {
			data := []byte(entries[i+1])
			if len(data) == 0 {
				data = picture
			}
			if err := w.WriteHeader(&tar.Header{Name: entries[i], Mode: 0o600, Size: int64(len(data))}); err != nil {
				return err
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
		}
		if err := w.Close(); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600)
	}
}
