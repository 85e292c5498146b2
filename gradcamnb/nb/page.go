package nb

import (
	"fmt"
	"html"
	"os"
	"path/filepath"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/must"
)

// ShowPage shows a page that needs nothing from elsewhere, such as a study's report, in a frame of its own below the
// cell: its scripts run, and reach nothing of the notebook. The title says what it is to those who do not see it.
//
// Outside a notebook it writes the page into the working folder, or the temporary one if that cannot be written to,
// and prints where it is.
func ShowPage(title string, page []byte) error {
	if !InNotebook() {
		return writePage(page)
	}
	gonbui.DisplayHTML(fmt.Sprintf(
		`<iframe title="%s" sandbox="allow-scripts" srcdoc="%s" style="width: 100%%; height: 40em; border: 1px solid #888"></iframe>`,
		html.EscapeString(title), html.EscapeString(string(page))))
	return checkDelivered()
}

// MustShowPage is ShowPage that panics with the error.
func MustShowPage(title string, page []byte) { must.OK(ShowPage(title, page)) }

// writePage writes page-1.html, or the first number that is not taken.
func writePage(page []byte) error {
	dir, err := os.Getwd()
	if err != nil {
		dir = os.TempDir()
	}
	for _, in := range []string{dir, os.TempDir()} {
		for n := 1; ; n++ {
			path := filepath.Join(in, fmt.Sprintf("page-%d.html", n))
			if _, there := os.Lstat(path); there == nil {
				continue
			}
			if err = atomicfile.Write(path, page); err == nil {
				fmt.Printf("page written to %s\n", path)
				return nil
			}
			break
		}
	}
	return fmt.Errorf("the page could not be written into %s nor into %s: %w", dir, os.TempDir(), err)
}
