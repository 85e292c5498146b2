package study

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// truthID returns a text for [Study] that says which truths [OpenTruths] reads of a path and a class: a hash of the
// class and of the files with their contents, so that it is the same on every machine.
func truthID(path, class string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", class)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the truths: %w%s", err, regular.DescribeMissing(path))
	case err != nil:
		return "", fmt.Errorf("the truths: %w", err)
	}
	if !info.IsDir() {
		if err := regular.Copy(h, path); err != nil {
			return "", fmt.Errorf("the truths: %w", err)
		}
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	names, _, err := truthFiles(path)
	if err != nil {
		return "", fmt.Errorf("the folder of truths: %w", err)
	}
	for _, name := range names {
		fmt.Fprintf(h, "\n%q\n", name)
		if err := regular.Copy(h, filepath.Join(path, filepath.FromSlash(name))); err != nil {
			fmt.Fprint(h, "not read") // which the row of its picture says
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
