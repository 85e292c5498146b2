package nets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/study"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// ofLayers returns the study of docs/which-layer.md and of notebooks/study.ipynb: 4 layers by 5 methods, asked for a
// shape.
func ofLayers(out string, n int) *study.Study {
	return &study.Study{
		Model: Tagger.MustOpen(golden.Path("scenes", "tagger")), Pictures: Pictures(n), AtLabel: true, LabelTarget: gradcamnb.Tag,
		Choices: []gradcamnb.Choice{gradcamnb.Layers(stageNames(4)...),
			gradcamnb.Methods("Grad-CAM", "Grad-CAM++", "HiResCAM", "LayerCAM", "Eigen-CAM")},
		Metrics: []string{"pointing game", "energy", "insertion", "deletion"}, Out: out,
	}
}

const (
	studyBegin = "<!-- study: go test ./scenes/nets -run StudyOfLayers -slow -update -timeout 60m -->\n"
	studyEnd   = "<!-- end of study -->"
)

// The page's answer comes from this study. Without -slow it is a small one, which must find what the page says:
// HiResCAM finds the shape at the first stage, and Grad-CAM does better at the third stage than at the first.
func TestStudyOfLayers(t *testing.T) {
	out, n := t.TempDir(), 12
	if require.IsSlow() {
		n = 200
	}
	if dir := os.Getenv("STUDY_OF_LAYERS"); dir != "" { // keeps it, with its report
		out = dir
	}
	s := ofLayers(out, n)
	if !require.IsSlow() { // insertion and deletion take 16 passes a map
		s.Metrics = s.Metrics[:2]
	}
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := sum.Write(out, s.Pictures); err != nil {
		t.Fatal(err)
	}
	of := map[string]study.Number{}
	for _, v := range sum.Numbers {
		of[v.Metric+" of "+v.Cell.Method+" at "+v.Cell.Layer] = v
	}
	early, late := of["pointing game of Grad-CAM at /stage1.1"], of["pointing game of Grad-CAM at /stage3.1"]
	if hires := of["pointing game of HiResCAM at /stage1.1"]; hires.Mean < 0.85 || late.Mean <= early.Mean {
		t.Errorf("HiResCAM at the first stage %+v, Grad-CAM there %+v and at the third %+v", hires, early, late)
	}
	if sum.Failures > 0 || sum.Maps != 20*n || len(sum.Ranks) != 20*len(s.Metrics) {
		t.Errorf("%d failures, %d maps, %d ranks", sum.Failures, sum.Maps, len(sum.Ranks))
	}
	if !require.IsSlow() || !require.Update() {
		return
	}
	page := filepath.Join("..", "..", "docs", "which-layer.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), studyBegin)
	_, after, found2 := strings.Cut(rest, studyEnd)
	if !found || !found2 {
		t.Fatal("docs/which-layer.md has no place for the study")
	}
	if err := os.WriteFile(page, []byte(before+studyBegin+studied(sum, s)+studyEnd+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// studied returns a table for each metric: methods down, layers across, means with intervals, bold if the rank cannot
// be told apart from the best.
func studied(sum *study.Summary, s *study.Study) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d scenes, %d maps. Each field has the mean and its 95 %% interval. A field is bold if its mean rank among the\n20 cannot be told apart from the best (Nemenyi, 5 %%).\n",
		sum.Pictures, sum.Maps)
	for _, metric := range s.Metrics {
		good := map[study.Cell]bool{}
		var best study.Rank
		for _, r := range sum.Ranks {
			if r.Metric != metric {
				continue
			}
			if best.N == 0 {
				best = r
			}
			good[r.Cell] = r.Mean-best.Mean < best.Critical
		}
		fmt.Fprintf(&b, "\n**%s**\n\n| method | %s |\n|%s\n", strings.ToUpper(metric[:1])+metric[1:],
			strings.Join(sum.Layers, " | "), strings.Repeat("---|", len(sum.Layers)+1))
		for _, method := range sum.Methods {
			fmt.Fprintf(&b, "| %s |", method)
			for _, layer := range sum.Layers {
				for _, v := range sum.Numbers {
					if v.Metric != metric || v.Cell.Method != method || v.Cell.Layer != layer {
						continue
					}
					field := fmt.Sprintf("%.2f (%.2f to %.2f)", v.Mean, v.Lo, v.Hi)
					if good[v.Cell] {
						field = "**" + field + "**"
					}
					fmt.Fprintf(&b, " %s |", field)
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
