// Command write writes scenes as a data set for a study. It writes tar archives of WebDataset, with pictures and the
// shape of each one's first object, and boxes.csv, which says where objects of that shape are.
//
//	go run ./scenes/write -out DIR -pictures 20000 -shards 40
package main

import (
	"archive/tar"
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gradcam-go/gradcam/scenes"
)

// from is the first seed. No network has learned from it or from a later one.
const from = 1 << 33

func main() {
	out := flag.String("out", "", "folder")
	pictures := flag.Int("pictures", 20000, "number of scenes")
	shards := flag.Int("shards", 40, "number of archives")
	flag.Parse()
	if err := write(*out, *pictures, *shards); err != nil {
		fmt.Fprintf(os.Stderr, "write: %v\n", err)
		os.Exit(1)
	}
}

func write(out string, pictures, shards int) error {
	if out == "" || pictures < 1 || shards < 1 {
		return errors.New("-out is missing, or a number is below 1")
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("the folder: %w", err)
	}
	boxes := [][]string{{"picture", "x0", "y0", "x1", "y1"}}
	for k := range shards {
		var archive bytes.Buffer
		w := tar.NewWriter(&archive)
		for i := k * pictures / shards; i < (k+1)*pictures/shards; i++ {
			more, err := add(w, i)
			if err != nil {
				return err
			}
			boxes = append(boxes, more...)
		}
		if err := w.Close(); err != nil {
			return fmt.Errorf("the archive: %w", err)
		}
		if err := os.WriteFile(filepath.Join(out, fmt.Sprintf("scenes-%05d.tar", k)), archive.Bytes(), 0o600); err != nil {
			return fmt.Errorf("the archive: %w", err)
		}
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(boxes); err != nil {
		return fmt.Errorf("the boxes: %w", err)
	}
	return os.WriteFile(filepath.Join(out, "boxes.csv"), text.Bytes(), 0o600)
}

// add adds scene i to an archive, and returns the lines of its boxes.
func add(w *tar.Writer, i int) ([][]string, error) {
	scene := scenes.Draw(from+uint64(i), scenes.Options{Least: 2})
	shape := scene.Objects[0].Shape
	var picture bytes.Buffer
	if err := png.Encode(&picture, scene.Picture); err != nil {
		return nil, fmt.Errorf("scene %d: %w", i, err)
	}
	name := fmt.Sprintf("%06d", i)
	for _, f := range []struct {
		name string
		data []byte
	}{{name + ".png", picture.Bytes()}, {name + ".cls", []byte(strconv.Itoa(int(shape)))}} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.data))}); err != nil {
			return nil, fmt.Errorf("scene %d: %w", i, err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, fmt.Errorf("scene %d: %w", i, err)
		}
	}
	var lines [][]string
	for _, o := range scene.Objects {
		if o.Shape == shape {
			b := o.Box
			lines = append(lines, []string{name + ".png", strconv.Itoa(b.Min.X), strconv.Itoa(b.Min.Y), strconv.Itoa(b.Max.X),
				strconv.Itoa(b.Max.Y)})
		}
	}
	return lines, nil
}
