package study

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// maxPictureFile is the most bytes that a picture in an archive may have.
const maxPictureFile = 256 << 20

// Tar returns the pictures of a shard of WebDataset: a tar archive in which files with the same name up to the first
// dot are one sample, such as 0001.jpg, 0001.cls and 0001.seg.png. If a sample has several pictures, only those without
// a second extension are taken; if there are none, those with .input, .image, .img or .rgb before the last extension.
// Its .cls file holds the label, or "label", "cls" or "class" in its .json file, or its .txt file, unless that is
// longer than 4096 bytes. A picture is read when it is opened. If its label cannot be read, the picture cannot either.
func Tar(path string) (out []Picture, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the archive of pictures: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var head [2]byte
	if n, _ := f.ReadAt(head[:], 0); n == len(head) && head == [2]byte{0x1f, 0x8b} { // gzip
		return refuse(path)
	}
	keys, samples, err := readSamples(f, path)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		pictures, err := samples[key].pictures()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, pictures...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no pictures (%s)", path, strings.Join(extensions, ", "))
	}
	return out, nil
}

// readSamples returns the samples of an archive by their names, and the names in the order of the archive.
func readSamples(f io.Reader, path string) (keys []string, samples map[string]*sampleOfTar, err error) {
	samples = map[string]*sampleOfTar{}
	at := &countingReader{r: f}
	for t := tar.NewReader(at); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return keys, samples, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s is no tar archive, or it is damaged: %w", path, err)
		}
		if isSparse(h) {
			return nil, nil, fmt.Errorf("%s: %s is stored with holes (tar --sparse), and is not read: pack it without", path, h.Name)
		}
		if h.Typeflag != tar.TypeReg || strings.HasPrefix(filepath.Base(h.Name), ".") {
			continue // hidden files are notes of other systems
		}
		name := strings.TrimPrefix(h.Name, "./")
		key, ext := cutAtFirstDot(name)
		s := samples[key]
		if s == nil && len(keys) == maxRecords() {
			return nil, nil, tooMany(path)
		}
		if s == nil {
			s = &sampleOfTar{labels: map[string]string{}, wrong: map[string]error{}}
			samples[key], keys = s, append(keys, key)
		}
		if slices.Contains(extensions, strings.ToLower(filepath.Ext(name))) {
			s.add(member(path, name, at.n, h.Size), ext)
		} else if err := s.takeLabel(t, path+": "+h.Name, ext); err != nil {
			return nil, nil, fmt.Errorf("%s is no tar archive, or it is damaged: %w", path, err)
		}
	}
}

// isSparse tells whether a file is stored with holes. Its bytes are then not where the archive has it, and some bytes
// of an archive stand for any number of zeros.
func isSparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for name := range h.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// maxLabel is how many bytes of what belongs to a picture are read.
const maxLabel = 1 << 20

// sampleOfTar is what an archive has of one name.
type sampleOfTar struct {
	plain, others []Picture         // with one extension, and with more
	labels        map[string]string // what the files say that may say the label, by their extensions
	wrong         map[string]error  // why such a file cannot be read
}

// add adds a picture, whose name ends with ext.
func (s *sampleOfTar) add(p Picture, ext string) {
	if slices.Contains(extensions, ext) {
		s.plain = append(s.plain, p)
	} else {
		s.others = append(s.others, p)
	}
}

// takeLabel reads a file that may say the label, by its extension. It returns an error if the archive ends too early.
func (s *sampleOfTar) takeLabel(r io.Reader, name, ext string) error {
	if !slices.Contains(sayLabels, ext) {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxLabel+1))
	if err != nil {
		return err
	}
	label := strings.TrimSpace(string(text))
	if ext == ".json" {
		if len(text) > maxLabel {
			s.wrong[ext] = fmt.Errorf("%s: it has more than %d bytes, in which no label is looked for: give it in a .cls file", name, maxLabel)
			return nil
		}
		label = labelInJSON(label)
	}
	switch {
	case len(label) <= maxLabelBytes:
		s.labels[ext] = strings.Clone(label) // without the text around it
	case ext != ".txt": // which may be a caption
		s.wrong[ext] = fmt.Errorf("%s: its label has more than %d bytes", name, maxLabelBytes)
	}
	return nil
}

// sayLabels are the extensions of files that may say the label. The first file that does so counts.
var sayLabels = []string{".cls", ".json", ".txt"}

// label returns the label, or why the file cannot be read that would say it.
func (s *sampleOfTar) label() (string, error) {
	for _, ext := range sayLabels {
		if label, err := s.labels[ext], s.wrong[ext]; label != "" || err != nil {
			return label, err
		}
	}
	return "", nil
}

// inputs are the second extensions of pictures that are no masks or other answers.
var inputs = []string{".input", ".image", ".img", ".rgb"}

// isInput tells whether the extension before a file's last one is one of inputs.
func isInput(name string) bool {
	name = strings.ToLower(path.Base(name))
	return slices.Contains(inputs, path.Ext(strings.TrimSuffix(name, path.Ext(name))))
}

// pictures returns those of the sample, with their label. It is an error if several may be the picture.
func (s *sampleOfTar) pictures() ([]Picture, error) {
	out := s.plain
	if len(out) == 0 {
		out = s.others
	}
	if len(out) > 1 && len(s.plain) == 0 {
		out = slices.DeleteFunc(slices.Clone(out), func(p Picture) bool { return !isInput(p.Name) })
		if len(out) == 0 {
			return nil, fmt.Errorf("the sample has the pictures %s and %s: name the one that is meant without a second extension, "+
				"or .input", s.others[0].Name, s.others[1].Name)
		}
	}
	label, err := s.label()
	for i := range out {
		if out[i].Label = label; err != nil {
			out[i].Open = func() (image.Image, error) { return nil, err }
		}
	}
	return out, nil
}

// labelInJSON returns the "label", "cls" or "class" of an object, a text or a number; empty if it has none.
func labelInJSON(text string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil {
		return ""
	}
	for _, name := range []string{"label", "cls", "class"} {
		var word *string
		var number *json.Number
		switch {
		case json.Unmarshal(fields[name], &word) == nil && word != nil:
			return *word
		case json.Unmarshal(fields[name], &number) == nil && number != nil:
			return strings.TrimSuffix(number.String(), ".0") // as Python writes 3.0
		}
	}
	return ""
}

// cutAtFirstDot returns a name up to the first dot after its folders, and the rest in lower case.
func cutAtFirstDot(name string) (key, ext string) {
	from := strings.LastIndex(name, "/") + 1
	at := strings.Index(name[from:], ".")
	if at < 0 {
		return name, ""
	}
	return name[:from+at], strings.ToLower(name[from+at:])
}

// countingReader counts the bytes that are read, so that the place of a member in the archive is known.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// member returns the picture whose bytes begin at a place in an archive.
func member(path, name string, at, size int64) Picture {
	return Picture{Name: filepath.Base(path) + "/" + name, Open: func() (img image.Image, err error) {
		if size > maxPictureFile {
			return nil, fmt.Errorf("%s in %s has %d bytes, and at most %d are read", name, path, size, maxPictureFile)
		}
		f, err := regular.Open(path)
		if err != nil {
			return nil, fmt.Errorf("the archive of pictures: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		data, err := io.ReadAll(io.NewSectionReader(f, at, size))
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", name, path, err)
		}
		return imgio.Decode(data, name)
	}}
}
