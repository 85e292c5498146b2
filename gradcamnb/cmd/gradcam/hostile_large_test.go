package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// sparse is a file of that size that begins with the text, and is zeros on.
func sparse(name, text string, size int64) func(string) error {
	return several(file(name, text), func(dir string) error { return os.Truncate(filepath.Join(dir, name), size) })
}

// bytesArray is the header of a NumPy file of one axis of bytes.
func bytesArray(n string) string {
	header := "{'descr': '|u1', 'fortran_order': False, 'shape': (" + n + ",), }"
	return "\x93NUMPY\x01\x00\x76\x00" + header + strings.Repeat(" ", 117-len(header)) + "\n"
}

// packed packs a text with gzip, and after it so many blocks of 64 MiB of zeros, of which each takes 64 kB.
func packed(name, text string, blocks int) func(string) error {
	return func(dir string) error {
		var first, block bytes.Buffer
		for out, text := range map[*bytes.Buffer][]byte{&first: []byte(text), &block: make([]byte, 64<<20)} {
			w := gzip.NewWriter(out)
			_, err := w.Write(text)
			if err := errors.Join(err, w.Close()); err != nil {
				return err
			}
		}
		return os.WriteFile(filepath.Join(dir, name), append(first.Bytes(), bytes.Repeat(block.Bytes(), blocks)...), 0o600)
	}
}

// appended adds a text to a file.
func appended(name, text string) func(string) error {
	return func(dir string) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Close())
	}
}

// repeated is a file of a text, another one so many times, and a last one.
func repeated(name, first, text string, times int, last string) func(string) error {
	return func(dir string) error { return file(name, first+strings.Repeat(text, times)+last)(dir) }
}

// ofSizes are files that are large, or stand for much.
var ofSizes = []attempt{
	{"model", "of 20 GB of zeros", sparse("net.onnx", "", 20e9),
		[]string{"layers", "--model", onnx, "--size", "32"}, 1, "net.onnx"},
	{"picture", "of 1 GiB of zeros", sparse("cat.png", "\x89PNG\r\n\x1a\n", 1<<30), explaining("--image", cat), 1,
		"cat.png"},
	{"array", "of 4 GiB of zeros", sparse("a.npy", bytesArray("4294967168"), 4<<30), explaining("--tensor", "{}/a.npy"), 1,
		"a.npy"},
	{"array", "of bytes that are 4 GiB as numbers", sparse("a.npy", bytesArray("1073741696"), 1<<30),
		explaining("--tensor", "{}/a.npy"), 1, "that are read of an array"},
	{"array", "of 3 MB that unpack to 3 GiB", packed("a.npy.gz", bytesArray("3221225472"), 48),
		explaining("--tensor", "{}/a.npy.gz"), 1, "unpacks to more"},
	{"truth", "a COCO file of 30,000,000 empty objects", repeated("t.json",
		`{"images": [], "annotations": [`, "{},", 3e7, `{}]}`), ofTruth("{}/t.json"), 1, "needs 7.9 GB to be read"},
	{"truth", "a COCO file of 2 GiB of zeros", sparse("t.json", "{", 2<<30), ofTruth("{}/t.json"), 1, "divide the file"},
	{"results", "of 30,000,000 empty ones", several(detector(`{"decoder": "yolov8"}`), repeated("r.json",
		"[", "{},", 3e7, "{}]")),
		detecting("--detections", "{}/r.json", "--explain", "--masks", "8", "--out", "{}/out"), 1, "needs 7.9 GB to be read"},
	{"list", "of 30,000,000 pictures", repeated("in.csv", "picture\n", "a\n", 3e7, ""),
		hostileStudy("--pictures", "{}/in.csv"), 1, "for which there is no memory"},
	{"truth", "a list of 20,000,000 boxes", repeated("t.csv", "picture,x0,y0,x1,y1\n", "a,0,0,1,1\n", 2e7, ""),
		ofTruth("{}/t.csv"), 1, "for which there is no memory"},
	{"list", "a name of 500 MB", repeated("in.csv", "picture\n\"", "x", 5e8, "\"\n"), hostileStudy("--pictures", "{}/in.csv"), 1,
		"a line of more than 1048576 bytes"},
	{"table", "a Parquet file of 20 GB whose end claims to be 2 GiB", several(sparse("in.parquet", "PAR1", 20e9),
		appended("in.parquet", "\xff\xff\xff\x7fPAR1")), hostileStudy("--pictures", "{}/in.parquet"), 1, "damaged"},
	{"archive", "of 20 GB of zeros", sparse("in.tar", "", 20e9), hostileStudy("--pictures", "{}/in.tar"), 1, "in.tar"},
	{"flags", "batches of 2^63 - 1", nothing, hostileStudy("--pictures", cat, "--batch", "9223372036854775807"), 1,
		"give at most"},
	{"flags", "parts of 2^63 - 1", nothing, hostileStudy("--pictures", cat, "--part", "9223372036854775807"), 1,
		"give at most"},
	{"flags", "a batch of 2^63 - 1 of a picture", nothing,
		explaining("--image", cat, "--batch", "9223372036854775807"), 0, ""},
}
