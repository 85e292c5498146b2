package regular

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// mostNames is how many names of a folder are looked at for one that is like that of a missing file: a list of many
// missing ones would take hours otherwise.
const mostNames = 1000

// DescribeMissing returns words for the path of a file or folder that is missing: names in its folder that are like its
// own, which folder of the path is missing, or that ~ is not read. They are empty if there is nothing to say.
func DescribeMissing(path string) string {
	if tilde := DescribeTilde(path); tilde != "" {
		return tilde
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist) && folder != path:
		if _, err := os.Stat(filepath.Dir(folder)); err != nil {
			return DescribeMissing(folder)
		}
		return fmt.Sprintf("; there is no folder %q", folder) + DescribeMissing(folder)
	case err != nil || !info.IsDir(): // to open a pipe would wait
		return ""
	}
	dir, err := os.Open(folder)
	if err != nil {
		return ""
	}
	defer func() { _ = dir.Close() }() // it was only read
	files, _ := dir.ReadDir(mostNames)
	slices.SortFunc(files, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return nearest.DidYouMean(filepath.Base(path), names)
}
