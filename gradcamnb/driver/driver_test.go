package driver

import (
	"errors"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// Without an engine the error can be told by errors.Is, and says which import links one.
func TestNoEngine(t *testing.T) {
	linked.Lock()
	own := linked.engine
	linked.engine = nil
	linked.Unlock()
	defer func() {
		linked.Lock()
		defer linked.Unlock()
		linked.engine = own
	}()
	t.Setenv(SocketEnv, "")
	_, err := Open(t.Context(), "net.onnx")
	if !errors.Is(err, fault.ErrNoEngine) || !strings.Contains(err.Error(), `add import _ "github.com/gradcam-go/gradcam/`) {
		t.Errorf("it says %v", err)
	}
}
