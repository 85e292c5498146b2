package render

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// HTML returns results as one interactive card that runs in any browser, without a kernel and without loading anything.
// The card has controls for opacity, colours, a threshold with the box of its region, and for the pictures, targets,
// layers and methods of the results. It shows the value and the receptive field under the pointer.
//
// If scripts are stripped, as in a notebook that is not trusted, the first map stays as a picture with its title and
// diagnosis. The id must be unique within the page.
//
// Maps are embedded with 16 bits for each cell at the layer's resolution. The browser resizes them as [heatmap.Map]
// says.
func HTML(id string, results []*heatmap.Result, o *Options) (string, error) {
	return htmlCard(id, results, o, nil)
}

// Page returns the card of [HTML] as a page of its own.
func Page(results []*heatmap.Result, o *Options) (string, error) {
	card, err := HTML("card", results, o)
	if err != nil {
		return "", err
	}
	at := openingMap(results, o)
	title := html.EscapeString(figureTitle(results[at[0]], results[at[0]].Maps[at[1]]))
	return "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n" + policy(card) +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
		"<style>:root { color-scheme: light dark; } body { font-family: sans-serif; } " +
		// for screen readers; the card has its own title
		"h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }</style>\n" +
		"<title>" + title + "</title>\n<body>\n<main>\n<h1>" + title + "</h1>\n" + card + "\n</main>\n", nil
}

// policy returns the tag of a content security policy that lets a page run the card's own script and nothing else, and
// load nothing. Names from strangers, such as classes and layers, could do no harm even if they got into the page
// unescaped.
func policy(card string) string {
	_, script, _ := strings.Cut(card, "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	sum := sha256.Sum256([]byte(script))
	return fmt.Sprintf("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-%s'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n",
		base64.StdEncoding.EncodeToString(sum[:]))
}

func htmlCard(id string, results []*heatmap.Result, o *Options, live *Live) (string, error) {
	if len(results) == 0 || slices.ContainsFunc(results, func(r *heatmap.Result) bool { return len(r.Maps) == 0 }) {
		return "", errors.New("there is no map to make a card of")
	}
	open := openingMap(results, o)
	data := cardData{Open: open, Opacity: o.opacity(), Colors: cardColors(o.colors()), Live: live}
	data.Film = o != nil && o.Film
	if o != nil && o.Range != nil {
		data.Range = &[2]float32{o.Range.Lo, o.Range.Hi}
	}
	var first string // the first picture, which stands in the page
	for i, r := range results {
		c, src, err := newCardResult(r)
		if err != nil {
			return "", err
		}
		if i == open[0] {
			first = src
		} else if c.Slices == 0 {
			c.Picture = src
		}
		data.Results = append(data.Results, c)
	}
	still, err := stillHTML(results[open[0]], results[open[0]].Maps[open[1]], first, o)
	if err != nil {
		return "", err
	}
	script, err := scriptHTML(id, data)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`<div id="%s" class="gradcam-card" data-lm-suppress-shortcuts="true">%s%s</div>`,
		html.EscapeString(id), still, script), nil
}

// CoverOutputs returns the card as one that stands for the figure and the table before it on the page. If the card
// runs, it hides that number of outputs just before its own, and offers to show them.
func CoverOutputs(card string, outputs int) string {
	if outputs == 0 {
		return card
	}
	return strings.Replace(card, `class="gradcam-card"`, fmt.Sprintf(`class="gradcam-card" data-covers="%d"`, outputs), 1)
}
