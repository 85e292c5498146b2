package render

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// These are the measures of a card's pictures.
const (
	cardPicture = 440 // longest side of an embedded picture, in pixels
	cardLong    = 640 // the same of a picture that is more than twice as wide as high, or as high as wide
	cardHeat    = 96  // longest side of the map that is shown if no script runs, in pixels
	cardQuality = 85  // of the embedded pictures, as JPEG
)

// stillHTML returns the part of a card that stays if scripts are stripped. A script that runs replaces it. The map and
// the picture are backgrounds of an element: JupyterLab keeps backgrounds in a notebook that is not trusted, and
// nbconvert --sanitize-html removes them with the styles. It would write out an img element with its thousands of
// characters.
func stillHTML(r *heatmap.Result, m *heatmap.Map, picture string, o *Options) (string, error) {
	shown, drawn, fixed := laidOut(r, m, o)
	heat, err := pngURL(overlayAlone(shown, drawn, fixed))
	if err != nil {
		return "", err
	}
	layers := "url(" + heat + ")"
	if picture != "" {
		layers += ",url(" + picture + ")"
	}
	w, h := stageSize(shown)
	text := html.EscapeString
	title, about := text(figureTitle(r, m)), text(clean(subtitle(r, m, m.Class)))

	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-weight:bold">%s</div><div>%s</div>`, title, about)
	fmt.Fprintf(&b, `<div role="img" title="%s, %s" class="gradcam-still" style="width:%dpx;height:%dpx;margin:8px 0 8px 0;background-size:100%% 100%%;background-image:%s"></div><div>%s</div>`, title, about, w, h, layers, text(cellWords(r, m)))
	if m.Diagnosis != "" {
		fmt.Fprintf(&b, `<div style="font-weight:bold">%s</div>`, text(clean(m.Diagnosis)))
	}
	if m.Trust != nil {
		for _, said := range m.Trust.Words {
			fmt.Fprintf(&b, `<div>%s</div>`, text(said))
		}
	}
	return b.String(), nil
}

// stageSize returns the size at which a card shows a result's picture.
func stageSize(r *heatmap.Result) (w, h int) {
	w, h = r.Frame.PictureW, r.Frame.PictureH
	if r.Picture != nil {
		w, h = r.Picture.Bounds().Dx(), r.Picture.Bounds().Dy()
	}
	return stagedSize(w, h)
}

// stagedSize returns the size at which a picture of w x h pixels is shown.
func stagedSize(w, h int) (int, int) {
	scale := longestSide(max(w, 1), max(h, 1), cardPicture, cardLong) / float64(max(w, h, 1))
	if scale > 1 {
		scale = max(1, math.Min(scale, 320/float64(max(w, h, 1))))
	}
	return scaledSides(w, h, scale)
}

// overlayAlone returns what [Overlay] draws on the picture, as a small translucent picture of its own.
func overlayAlone(r *heatmap.Result, m *heatmap.Map, o *Options) *image.NRGBA {
	w, h := stageSize(r)
	shrink := min(1, float64(cardHeat)/float64(max(w, h)))
	out := image.NewNRGBA(image.Rect(0, 0, max(1, int(float64(w)*shrink)), max(1, int(float64(h)*shrink))))
	field, colors, scale, opacity := o.field(m), o.colors(), o.scale(m), o.opacity()
	seen := r.Frame.Seen()
	b := out.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			px, py := (2*x+1)*r.Frame.PictureW/(2*b.Dx()), (2*y+1)*r.Frame.PictureH/(2*b.Dy())
			t := o.place(field.AtPixel(r.Frame, px, py), scale)
			c, a := colors.At(t), opacity*o.strength(t)
			if math.IsNaN(t) {
				c, a = nanColor, opacity
			}
			switch {
			case r.Picture == nil:
				a = 1
			case !image.Pt(px, py).In(seen):
				c, a = color.NRGBA{R: 200, G: 200, B: 200}, 0.6
			}
			c.A = uint8(255*a + 0.5)
			out.SetNRGBA(x, y, c)
		}
	}
	if m.Box.Area() > 0 {
		outline(out, moveBox(r, m, b.Dx(), b.Dy()).Box, 1, boxColor)
	}
	return out
}

func jpegURL(img image.Image) (string, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: cardQuality}); err != nil {
		return "", fmt.Errorf("writing the picture as JPEG: %w", err)
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func pngURL(img image.Image) (string, error) {
	var b bytes.Buffer
	if err := encoder.Encode(&b, img); err != nil {
		return "", fmt.Errorf("writing the picture as PNG: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
