package source

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// What can be followed of a maker's words is taken beside the error of the rest. A text that is too long is no label,
// whoever wrote it.
func TestMakersWordsThatAreFollowedInPart(t *testing.T) {
	long := strings.Repeat("x", 10000)
	for name, c := range map[string]struct {
		props      map[string]string
		neighbours map[string]string
		labels     []string
		decoder    string
		said       []string
	}{
		"an unknown processor": {neighbours: map[string]string{
			"preprocessor_config.json": `{"image_processor_type": "EomtImageProcessor"}`,
			"config.json":              `{"architectures": ["EomtForUniversalSegmentation"], "id2label": {"0": "a", "1": "b"}}`},
			labels: []string{"a", "b"}, decoder: "maskformer",
			said: []string{"EomtImageProcessor is not known", "as config.json beside it says: 2 labels, decoder maskformer"}},
		"a long label in the metadata": {props: map[string]string{"classes": `["a", "` + long + `"]`},
			said: []string{`label 1 has 10000 bytes`, `(as "classes" in its metadata says)`}},
		"a long label beside an unknown processor": {neighbours: map[string]string{
			"preprocessor_config.json": `{"image_processor_type": "EomtImageProcessor"}`,
			"config.json":              `{"architectures": ["EomtForUniversalSegmentation"], "id2label": {"0": "` + long + `"}}`},
			decoder: "maskformer", said: []string{"EomtImageProcessor is not known", "; label 0 has 10000 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			proto := golden.Model(t, "resnet-basic.dyn.onnx")
			for key, value := range c.props {
				proto.MetadataProps = append(proto.MetadataProps, &protos.StringStringEntryProto{Key: key, Value: value})
			}
			path := golden.Save(t, proto)
			for file, text := range c.neighbours {
				if err := os.WriteFile(filepath.Join(filepath.Dir(path), file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var said bytes.Buffer
			m, err := Open(t.Context(), path, &said)
			if err != nil {
				t.Fatal(err)
			}
			card := m.Card()
			if !slices.Equal(card.Labels, c.labels) {
				t.Errorf("%d labels, want %q", len(card.Labels), c.labels)
			}
			if got := card.Detector; (got != nil) != (c.decoder != "") || got != nil && got.Decoder != c.decoder {
				t.Errorf("it is read by %+v, want %q", got, c.decoder)
			}
			for _, want := range c.said {
				if !strings.Contains(said.String(), want) {
					t.Errorf("it says %.300q, not %q", said.String(), want)
				}
			}
		})
	}
}
