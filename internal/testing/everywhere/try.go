package everywhere

import (
	"context"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Methods returns the names of all methods, sorted.
func Methods() []string {
	single, many := methodsByPasses()
	all := slices.Concat(single, many)
	slices.Sort(all)
	return all
}

// methodsByPasses returns the names of the methods that take one pass, and of those that take many.
func methodsByPasses() (single, many []string) {
	for _, m := range cam.All() {
		made, err := cam.ByName(m.Name)
		if err != nil {
			panic(err)
		}
		if _, passes := perturb.FromCAM(made); passes {
			many = append(many, m.Name)
		} else {
			single = append(single, m.Name)
		}
	}
	for _, m := range perturb.All() {
		many = append(many, m.Name)
	}
	return single, many
}

// Try returns for each method why it makes no map for a request; the entry is empty if it makes one. onePass and
// manyPasses say which methods are tried. All methods of one pass are one program. Methods of many passes are stopped
// after the first pass, whose map shows that they work.
func Try(t *testing.T, m *gradcamnb.Model, r gradcamnb.Request, onePass, manyPasses bool) map[string]string {
	t.Helper()
	out := map[string]string{}
	single, many := methodsByPasses()
	if onePass {
		together(t, m, r, single, out)
	}
	if manyPasses {
		for _, name := range many {
			out[name] = try(t, m, r, name)
		}
	}
	return out
}

// together tries methods in one program, and in two halves if that fails.
func together(t *testing.T, m *gradcamnb.Model, r gradcamnb.Request, methods []string, out map[string]string) {
	t.Helper()
	why := try(t, m, r, methods...)
	if why == "" || len(methods) == 1 {
		for _, method := range methods {
			out[method] = why
		}
		return
	}
	half := len(methods) / 2
	together(t, m, r, methods[:half], out)
	together(t, m, r, methods[half:], out)
}

// try explains with the methods, up to the first progress, and checks the maps. A map that is the same everywhere shows
// nothing, so it counts only if it changes until the end; otherwise why is what the map says of itself.
func try(t *testing.T, model *gradcamnb.Model, r gradcamnb.Request, methods ...string) (why string) {
	t.Helper()
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	r.Methods, r.Progress = methods, func(gradcamnb.Progress) { giveUp() }
	results, err := model.Run(ctx, r)
	// it has no map before its end, or an empty one
	if errors.Is(err, context.Canceled) && (len(results) == 0 || len(results[0].Maps) == 0 || flat(results[0]) != nil) {
		r.Progress = func(gradcamnb.Progress) {}
		results, err = model.Run(t.Context(), r)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return reason(err)
	}
	if len(results) != 1 || len(results[0].Maps) != len(methods) {
		t.Fatalf("%q: %d results, want one of %d maps", methods, len(results), len(methods))
	}
	check(t, results[0])
	if m := flat(results[0]); m != nil {
		return strings.TrimSuffix(m.Diagnosis, ".")
	}
	return ""
}

// flat returns the first map that has the same value everywhere, or nil if there is none.
func flat(r *heatmap.Result) *heatmap.Map {
	for _, m := range r.Maps {
		if v := m.Raw.Values; len(v) > 1 && slices.Min(v) == slices.Max(v) {
			return m
		}
	}
	return nil
}

// check reports every map that has the wrong size, or holds a value that is no number.
func check(t *testing.T, r *heatmap.Result) {
	t.Helper()
	for _, m := range r.Maps {
		f := r.Frame
		if m.W != f.ModelW || m.H != f.ModelH || len(m.Values) != m.W*m.H || len(m.Raw.Values) != m.Raw.W*m.Raw.H ||
			m.Raw.W == 0 {
			t.Errorf("%s: a map of %d x %d (%d values) and a raw map of %d x %d (%d values) of a picture of %d x %d",
				m.Method, m.W, m.H, len(m.Values), m.Raw.W, m.Raw.H, len(m.Raw.Values), f.ModelW, f.ModelH)
		}
		if m == flat(r) && m.Diagnosis == "" {
			t.Errorf("%s: the map is %g everywhere, and does not say why", m.Method, m.Raw.Values[0])
		}
		if i := slices.IndexFunc(append(m.Raw.Values, m.Values...), func(v float32) bool {
			return math.IsNaN(float64(v)) ||
				math.IsInf(float64(v), 0)
		}); i >= 0 {
			t.Errorf("%s: value %d is no number: %s", m.Method, i, m.Diagnosis)
		}
	}
}

var explaining = regexp.MustCompile(`^(explaining|running) .* on (go|xla:cpu)[^:]*: `)

// reason returns the text of an error without the place where it came up.
func reason(err error) string {
	return explaining.ReplaceAllString(strings.ReplaceAll(err.Error(), "\n", " "), "")
}
