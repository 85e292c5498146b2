package nb

import (
	"fmt"
	"html"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/gradcam-go/gradcam/internal/must"
)

// ShowPage shows an HTML page that loads nothing, such as a study's report, in a frame of its own below the cell. The
// page's scripts run, but cannot reach the notebook. The title describes the page for people who cannot see it.
//
// Outside a notebook ShowPage writes the page into the working folder and prints its path. If that folder cannot be
// written to, it takes the temporary one.
func ShowPage(title string, page []byte) error {
	if !InNotebook() {
		return writeFree("page", "html", page)
	}
	gonbui.DisplayHTML(fmt.Sprintf(
		`<iframe title="%s" sandbox="allow-scripts" srcdoc="%s" style="box-sizing: border-box; width: 100%%; height: 40em; border: 1px solid #888"></iframe>`,
		html.EscapeString(title), quoted.Replace(string(page))))
	return checkDelivered()
}

// quoted writes a page as an attribute between quotation marks, where nothing else need be escaped.
var quoted = strings.NewReplacer("&", "&amp;", `"`, "&#34;")

// MustShowPage is like ShowPage, but panics with the error.
func MustShowPage(title string, page []byte) { must.OK(ShowPage(title, page)) }
