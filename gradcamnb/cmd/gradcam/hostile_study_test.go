package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// hostileStudy is the command of a study.
func hostileStudy(more ...string) []string {
	return append([]string{"study", "--model", onnx, "--size", "64", "--mean", "127", "--scale", "64",
		"--target", "class:1", "--out", "{}/out", "--backend", "go"}, more...)
}

// ofTruth studies one picture with a truth.
func ofTruth(truth string, more ...string) []string {
	return hostileStudy(append([]string{"--pictures", cat, "--truth", truth, "--metric", "energy"}, more...)...)
}

// archive is a tar archive of entries, each with the text that is given for it; a link has none.
func archive(name string, entries ...tar.Header) func(string) error {
	return func(dir string) error {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		picture, err := os.ReadFile(filepath.Join(dir, "cat.png"))
		if err != nil {
			return err
		}
		for _, h := range entries {
			h.Mode = 0o600
			if h.Typeflag == tar.TypeReg {
				h.Size = int64(len(picture))
			}
			if err := w.WriteHeader(&h); err != nil {
				return err
			}
			if h.Typeflag == tar.TypeReg {
				if _, err := w.Write(picture); err != nil {
					return err
				}
			}
		}
		return errors.Join(w.Close(), os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600))
	}
}

// cocoOf is a COCO file with one annotation of cat.png.
func cocoOf(annotation string) func(string) error {
	return file("t.json", `{"images": [{"id": 1, "file_name": "cat.png"}], "annotations": [{"image_id": 1, `+annotation+`}]}`)
}

// renamed puts cat.png under another name into the folder in.
func renamed(name string) func(string) error {
	return func(dir string) error {
		picture, err := os.ReadFile(filepath.Join(dir, "cat.png"))
		to := filepath.Join(dir, "in", name)
		return errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, picture, 0o600))
	}
}

const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>` +
	`<annotation><object><name>&c;</name></object></annotation>`

var ofStudies = []attempt{
	{"archive", "a link to /etc/passwd", archive("in.tar", tar.Header{Name: "a.png", Typeflag: tar.TypeSymlink,
		Linkname: "/etc/passwd"}), hostileStudy("--pictures", "{}/in.tar"), 1, "no pictures"},
	{"archive", "names with ../, escapes and HTML", archive("in.tar",
		tar.Header{Name: "../../a.png", Typeflag: tar.TypeReg}, tar.Header{Name: "\x1b[2J.png", Typeflag: tar.TypeReg},
		tar.Header{Name: "<script>alert(1)</script>.png", Typeflag: tar.TypeReg}), hostileStudy("--pictures", "{}/in.tar"), 0,
		"3 of 3"},
	{"archive", "cut off", several(archive("in.tar", tar.Header{Name: "a.png", Typeflag: tar.TypeReg}),
		func(dir string) error { return os.Truncate(filepath.Join(dir, "in.tar"), 1000) }),
		hostileStudy("--pictures", "{}/in.tar"), 1, "damaged"},
	{"archive", "text", file("in.tar", "hello"), hostileStudy("--pictures", "{}/in.tar"), 1, "no tar archive"},
	{"archive", "a pipe", pipe("in.tar"), hostileStudy("--pictures", "{}/in.tar"), 1, "a pipe and no regular file"},
	{"archive", "/dev/zero", link("in.tar", "/dev/zero"), hostileStudy("--pictures", "{}/in.tar"), 1,
		"a device and no regular file"},
	{"table", "a Parquet file that is text", file("in.parquet", "PAR1hello"+"\xff\xff\xff\xffPAR1"),
		hostileStudy("--pictures", "{}/in.parquet"), 1, "damaged"},
	{"list", "no column of pictures", file("in.csv", "a,b\n1,2\n"), hostileStudy("--pictures", "{}/in.csv"), 1,
		"no column picture"},
	{"list", "names with escapes and of /dev/zero", file("in.csv", "picture\n\"\x1b[2J\"\n/dev/zero\n../../../etc/passwd\n"),
		hostileStudy("--pictures", "{}/in.csv"), 1, "could not be explained"},
	{"list", "a quotation mark that is not closed", file("in.csv", "picture\n\"a.png\n"+strings.Repeat("x", 1e6)),
		hostileStudy("--pictures", "{}/in.csv"), 1, "in.csv"},
	{"truth", "XML with entities of entities", several(renamed("cat.png"), file("in/cat.xml", laughs)),
		ofTruth("{}/in"), 1, "cat.xml is no annotation"},
	{"truth", "XML that names /etc/passwd", several(renamed("cat.png"), file("in/cat.xml",
		`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><object><name>&x;</name></object></annotation>`)),
		ofTruth("{}/in"), 1, "cat.xml is no annotation"},
	{"truth", "XML 100,000 deep", several(renamed("cat.png"), file("in/cat.xml", strings.Repeat("<a>", 1e5))),
		ofTruth("{}/in"), 1, "cat.xml is no annotation"},
	{"truth", "XML with boxes that are no numbers", several(renamed("cat.png"), file("in/cat.xml",
		`<annotation><object><bndbox><xmin>NaN</xmin><ymin>-Inf</ymin><xmax>1e300</xmax><ymax>2</ymax></bndbox></object></annotation>`)),
		ofTruth("{}/in"), 1, "could not be explained"},
	{"truth", "run lengths of 2^62 pixels", cocoOf(`"segmentation": {"size": [224, 224], "counts": [1, 4611686018427387904]}`),
		ofTruth("{}/t.json"), 1, "run lengths are longer"},
	{"truth", "a mask of 2^30 x 2^30", cocoOf(`"segmentation": {"size": [1073741824, 1073741824], "counts": "0"}`),
		ofTruth("{}/t.json"), 1, "and the picture"},
	{"truth", "damaged run lengths", cocoOf(`"segmentation": {"size": [224, 224], "counts": "~~~~~~~~"}`), ofTruth("{}/t.json"), 1,
		"damaged"},
	{"truth", "a polygon to 10^300", cocoOf(`"segmentation": [[0, 0, 1e300, 0, 1e300, 1e300]]`), ofTruth("{}/t.json"), 1,
		"lies at 1e+300"},
	{"truth", "a polygon of 50,000 corners from top to bottom", cocoOf(`"segmentation": [[` +
		strings.TrimSuffix(strings.Repeat("0.3,0,200.7,224,", 25000), ",") + `]]`), ofTruth("{}/t.json"), 0, "1 of 1"},
	{"truth", "50,000 polygons", cocoOf(`"segmentation": [` +
		strings.TrimSuffix(strings.Repeat("[0,0,1,0,1,1],", 50000), ",") + `]`), ofTruth("{}/t.json"), 0, "1 of 1"},
	{"truth", "brackets 100,000 deep", cocoOf(`"segmentation": ` + strings.Repeat("[", 1e5)), ofTruth("{}/t.json"), 1, "t.json"},
	{"truth", "a COCO file that is a pipe", pipe("t.json"), ofTruth("{}/t.json"), 1, "a pipe and no regular file"},
	{"truth", "boxes of NaN", file("t.csv", "picture,x0,y0,x1,y1\ncat.png,nan,0,inf,4\n"), ofTruth("{}/t.csv"), 1,
		"no number"},
	{"truth", "masks of 20,000 x 20,000", several(flat("masks/a.png", 4, 4),
		file("masks/cat.png", string(pngOf(20_000, 20_000)))), ofTruth("{}/masks"), 1,
		"at most 100 million"},
	{"truth", "masks that link to /dev/zero", several(flat("masks/a.png", 4, 4), link("masks/cat.png", "/dev/zero")),
		ofTruth("{}/masks"), 1, "a device and no regular file"},
	{"truth", "of two folders for one picture", several(flat("masks/a/cat.png", 4, 4), flat("masks/b/cat.png", 4, 4)),
		ofTruth("{}/masks"), 1, "may be"},
	{"study", "pictures named -rf, with newlines, escapes and HTML", several(renamed("-rf.png"), renamed("a\nb\x1b[2J.png"),
		renamed(`"><img src=x onerror=alert(1)>/<script>alert(1)</script>.png`)), hostileStudy("--pictures", "{}/in"), 0, "3 of 3"},
	{"study", "a folder whose study.json is a pipe", several(flat("out/x.png", 4, 4), pipe("out/study.json")),
		hostileStudy("--pictures", cat), 1, "a pipe and no regular file"},
	{"study", "a folder whose study.json is text", several(flat("out/x.png", 4, 4), file("out/study.json", "hello")),
		hostileStudy("--pictures", cat), 1, "no manifest"},
	{"study", "a part that is text", several(flat("out/x.png", 4, 4),
		file("out/part-000000.parquet", "PAR1hello\xff\xff\xff\x7fPAR1")),
		hostileStudy("--pictures", cat), 1, "delete it"},
}
