package onnxnorm

import (
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// An output that cannot be computed is refused alone, together with what reads it.
func TestSideOutputs(t *testing.T) {
	m := graph([]*protos.NodeProto{
		{OpType: "StringSplit", Name: "/side/Split", Input: []string{"x"}, Output: []string{"words"}},
		{OpType: "Relu", Input: []string{"words"}, Output: []string{"side"}},
		{OpType: "Relu", Input: []string{"x"}, Output: []string{"y"}},
	})
	m.Graph.Output = append(m.Graph.Output, Declare("side", nil))
	g, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{Needs: []string{"y"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Tensors) != 1 || g.Tensors[0].Name != "y" {
		t.Errorf("tensors %v, want y alone", g.Tensors)
	}
	if err := g.Left["side"]; err == nil || !strings.Contains(err.Error(), "StringSplit") {
		t.Errorf("side output: %v, want what StringSplit is refused for", err)
	}
	if _, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{Needs: []string{"side"}}); err == nil {
		t.Error("no error for the side output itself")
	}
	if _, err := Normalise(t.Context(), m, []int{1, 3, 8, 8},
		Options{Needs: []string{}, Cuts: []string{"words"}}); err == nil {
		t.Error("no error for a cut that cannot be computed")
	}
}
