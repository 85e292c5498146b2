package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/machine"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// maxRecords returns how many pictures or truths are read from one file: at most 2^24, and one for each kilobyte of the
// memory that this process may use, since each takes a part of that.
var maxRecords = sync.OnceValue(func() int {
	const most = 1 << 24
	if memory := machine.Memory(); memory > 0 {
		return int(min(most, memory>>10))
	}
	return most
})

func tooMany(path string) error {
	return fmt.Errorf("%s has more than %d entries, for which there is no memory: divide it", path, maxRecords())
}

// readers are what reads the files of pictures that are no pictures, by their extensions.
var readers = map[string]func(path string) ([]Picture, error){
	".csv": List, ".tsv": List, ".tar": Tar, ".parquet": Parquet,
	".gz": refuse, ".tgz": refuse, ".zst": refuse, ".zip": refuse, ".txt": refuse, ".json": refuse, ".jsonl": refuse,
}

// refuse says what to do with a file that is no picture and that nothing here reads.
func refuse(path string) ([]Picture, error) {
	return nil, fmt.Errorf("%s is no picture: unpack an archive to a folder or .tar, and write a list as .csv with the columns "+
		"picture and label", path)
}

// OpenPictures returns the pictures that paths mean. The extension decides how a path is read: .csv and .tsv by [List],
// .tar by [Tar], .parquet by [Parquet], and anything else by [Files]. A pattern like shards/*.tar, and a folder that
// has no pictures but .tar or .parquet files, mean all of these files.
func OpenPictures(paths ...string) ([]Picture, error) {
	var all []Picture
	for _, path := range paths {
		pictures, err := openPictures(path)
		if err != nil {
			return nil, err
		}
		all = append(all, pictures...)
	}
	return all, nil
}

// openPictures returns the pictures that a path means.
func openPictures(path string) ([]Picture, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return openFolder(path)
	}
	read := readers[strings.ToLower(filepath.Ext(path))]
	switch {
	case read == nil:
		return Files(path)
	case err == nil:
		return read(path)
	}
	found, err := filepath.Glob(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the pattern %q of files: %w", path, err)
	case checkPattern(path) != nil:
		return nil, checkPattern(path)
	case len(found) == 0:
		return read(path) // which says that it is not there
	}
	return openShards(path, found)
}

// openFolder returns the pictures of a folder, or those of its shards if it has no others.
func openFolder(dir string) ([]Picture, error) {
	names, err := filesBelow(dir, append(slices.Clone(extensions), ".tar", ".parquet")...)
	if err != nil {
		return nil, fmt.Errorf("the folder of pictures: %w", err)
	}
	var shards, pictures []string
	for _, name := range names {
		if readers[strings.ToLower(filepath.Ext(name))] == nil {
			pictures = append(pictures, name)
		} else {
			shards = append(shards, filepath.Join(dir, filepath.FromSlash(name)))
		}
	}
	if len(pictures) == 0 && len(shards) > 0 {
		return openShards(dir, shards)
	}
	return picturesBelow(dir, pictures)
}

// openShards returns the pictures of the files that a path means. If two files in several folders have one name, the
// names of the second one's pictures begin with its path.
func openShards(given string, paths []string) ([]Picture, error) {
	var all []Picture
	named := map[string]bool{}
	for _, path := range paths {
		read := readers[strings.ToLower(filepath.Ext(path))]
		if read == nil {
			read = Files
		}
		pictures, err := read(path)
		if err != nil {
			return nil, err
		}
		base := filepath.Base(path)
		if named[base] {
			rename(pictures, base, below(given, path))
		}
		named[base] = true
		all = append(all, pictures...)
	}
	return all, nil
}

// rename replaces the beginning of the names of pictures.
func rename(pictures []Picture, from, to string) {
	for i, p := range pictures {
		pictures[i].Name = to + strings.TrimPrefix(p.Name, from)
	}
}

// below returns the path of a file from a folder, with slashes; the path itself if the folder is none.
func below(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		path = rel
	}
	return filepath.ToSlash(path)
}

// OpenTruths returns the truths that a path means: .csv and .tsv are read by [BoxesCSV], .json by [COCO], a folder with
// .xml files by [VOC], and any other folder by [Masks]. If a class is given, only objects of that name count; of masks,
// the pixels of that number.
func OpenTruths(path, class string) (Truths, error) {
	truths, err := openTruths(path, class)
	for name, truth := range truths {
		truths[name] = func(r image.Rectangle) (heatmap.Grid, error) {
			g, err := truth(r)
			if err != nil {
				err = fmt.Errorf("%s, %s: %w", path, name, err)
			}
			return g, err
		}
	}
	return truths, err
}

func openTruths(path, class string) (Truths, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".tsv":
		return BoxesCSV(path, class)
	case ".json":
		return COCO(path, class)
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s holds no truths: give a folder of masks or .xml files, a COCO .json, or a .csv of boxes", path)
	}
	names, voc, err := truthFiles(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the folder of truths: %w%s", err, regular.DescribeMissing(path))
	case err != nil:
		return nil, fmt.Errorf("the folder of truths: %w", err)
	case voc:
		return readVOC(path, names, class)
	}
	return readMasks(path, names, class)
}

// truthFiles returns the files of a folder that are truths: if it has annotations (.xml), these and not the photos
// beside them; voc tells so. If not, all pictures, which are masks.
func truthFiles(dir string) (names []string, voc bool, err error) {
	names, err = filesBelow(dir, append([]string{".xml"}, extensions...)...)
	isAnnotation := func(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xml") }
	if voc = slices.ContainsFunc(names, isAnnotation); voc {
		names = slices.DeleteFunc(names, func(name string) bool { return !isAnnotation(name) })
	}
	return names, voc, err
}

// ReadTruths gives the study's pictures their truths, as [OpenTruths] and [Truths.Attach] do, and sets TruthID. It is
// an error if the path has a truth for none of them.
func (s *Study) ReadTruths(path, class string) error {
	truths, err := OpenTruths(path, class)
	if err != nil {
		return err
	}
	switch n, err := truths.Attach(s.Pictures); {
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("%s has a truth for none of the %d pictures: name its entries like the pictures' files", path,
			len(s.Pictures))
	}
	s.TruthID, err = truthID(path, class)
	return err
}

// CountTruths returns how many pictures have a truth.
func CountTruths(pictures []Picture) (n int) {
	for _, p := range pictures {
		if p.Truth != nil {
			n++
		}
	}
	return n
}

// Write writes the summary into a folder: summary.json, and report.html with the pictures of the maps that stand out.
func (s *Summary) Write(dir string, pictures []Picture) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("the summary: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, "summary.json"), data); err != nil {
		return err
	}
	page, err := Report(s, pictures)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "report.html"), page)
}
