package engine

import (
	"image"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory" // as in our commands
	"github.com/gradcam-go/gradcam/internal/testing/processes"
	"github.com/gradcam-go/gradcam/internal/trim"
)

// 1,000 explanations, of changing classes, grow resident memory by less than 5 % after the first 50. It is looked at
// after every 50.
func TestNoLeak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	alone(t, func(t *testing.T, e *Engine) {
		in := tiny(t, "resnet-basic")
		in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]
		s := open(t, e, "resnet-basic.dyn.onnx")
		var memory []float64
		for i := 1; i <= 1000; i++ {
			explainTiny(t, s, in, gradcamnb.Class(i%10))
			if i%50 == 0 {
				memory = append(memory, processes.ResidentMemory(t))
			}
		}
		growth := processes.Growth(memory)
		t.Logf("resident memory grew by %.2f %%: %.0f", 100*growth, memory)
		if !(growth <= 0.05) {
			t.Errorf("resident memory grew by %.1f %%, at most 5 %% is fine", 100*growth)
		}
	})
}

// A program makes the C library give back memory before its second pass and after every 32nd pass.
func TestMemoryIsGivenBack(t *testing.T) {
	trimmed := 0
	was := trim.Memory
	trim.Memory = func() { trimmed++ }
	defer func() { trim.Memory = was }()
	in := tiny(t, "resnet-basic")
	s := open(t, New("go"), "resnet-basic.dyn.onnx")
	want := map[int]int{1: 0, 2: 1, 31: 1, 32: 2, 63: 2, 64: 3, 70: 3} // by the number of passes
	for passes := 1; passes <= 70; passes++ {
		explainTiny(t, s, in, gradcamnb.Class(1))
		if n, ok := want[passes]; ok && trimmed != n {
			t.Fatalf("given back %d times in %d passes, want %d", trimmed, passes, n)
		}
	}
}

// The resident memory of a run of masks does not grow from the 1,000th to the 5,000th, of D-RISE of a box and of an
// instance: by less than 1 kB a mask, where one takes 37 kB. It is looked at after every 400.
func TestMasksAreNotKept(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	alone(t, func(t *testing.T, e *Engine) {
		const side, first, masks = 96, 1008, 5008
		m := halves(t, e, side)
		var memory []float64
		look := func(p gradcamnb.Progress) {
			if p.Done >= first && (p.Done-first)%400 == 0 {
				memory = append(memory, processes.ResidentMemory(t))
			}
		}
		if _, err := m.Run(t.Context(), gradcamnb.Request{
			Pictures: []image.Image{image.NewNRGBA(image.Rect(0, 0, side, side))},
			Targets:  []gradcamnb.Target{gradcamnb.Detection(1), gradcamnb.Instance(1)},
			Methods:  []string{"D-RISE"}, Sampling: gradcamnb.Sampling{Masks: masks}, Progress: look,
		}); err != nil {
			t.Fatal(err)
		}
		if len(memory) != 1+(masks-first)/400 {
			t.Fatalf("%d figures: %.0f", len(memory), memory)
		}
		growth := processes.Growth(memory) * memory[0] / (masks - first)
		t.Logf("resident memory grew by %.0f bytes a mask: %.0f", growth, memory)
		if !(growth <= 1000) {
			t.Errorf("resident memory grew by %.0f bytes a mask, one takes %d", growth, 4*side*side)
		}
	})
}
