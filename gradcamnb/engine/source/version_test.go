package source

import (
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// An operator version that does not exist, or that is newer than the rules, is reported when the file is opened.
func TestOddOpsets(t *testing.T) {
	m := golden.Model(t, "resnet-basic.dyn.onnx")
	own := m.OpsetImport
	for _, c := range []struct {
		opsets []*protos.OperatorSetIdProto
		want   string // empty if nothing is said
	}{
		{own, ""},
		{nil, "does not name"},
		{[]*protos.OperatorSetIdProto{{Domain: "com.microsoft", Version: 1}}, "does not name"},
		{[]*protos.OperatorSetIdProto{{Version: 0}}, "which does not exist"},
		{[]*protos.OperatorSetIdProto{{Domain: "ai.onnx", Version: -1}}, "which does not exist"},
		{[]*protos.OperatorSetIdProto{{Version: 99}}, "28 is the newest known here"},
	} {
		m.OpsetImport = c.opsets
		path := golden.Save(t, m)
		var said strings.Builder
		if _, err := Open(t.Context(), path, &said); err != nil {
			t.Errorf("%v: %v", c.opsets, err)
		}
		if (said.Len() > 0) != (c.want != "") || !strings.Contains(said.String(), c.want) {
			t.Errorf("%v: it says %q", c.opsets, said.String())
		}
	}
}
