package study

import (
	"context"
	"math/bits"
	"runtime"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// forgetfulSession keeps nothing of what it was asked.
type forgetfulSession struct{ fakeSession }

func (f *forgetfulSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	defer func() { f.measured = nil }()
	return f.fakeSession.Explain(ctx, r)
}

// What a study holds does not grow with the pictures that it has explained: after 10,000 it is what it was after 1,000.
// Nor does the summary grow: of its parts it keeps at most one for each power of two.
func TestMemoryOfManyPictures(t *testing.T) {
	values := make([]uint8, 10000)
	for i := range values {
		values[i] = uint8(i % 90)
	}
	f := &forgetfulSession{}
	s := newStudy(t, nil, values...)
	s.Model, s.Batch, s.Part = gradcamnb.NewModel(f), 50, 250
	held := map[int]uint64{}
	s.Progress = func(p Progress) {
		if p.Done == 1000 || p.Done == 10000 {
			var m runtime.MemStats
			runtime.GC() // after which pools still keep what they had, as the compressor of a part's file
			runtime.GC()
			runtime.ReadMemStats(&m)
			held[p.Done] = m.HeapAlloc
		}
	}
	sum, err := s.Run(t.Context())
	if err != nil || sum.Maps != 20000 {
		t.Fatal(err, sum.Maps)
	}
	if a, b := held[1000], held[10000]; a == 0 || b > a+a/10+1<<19 {
		t.Errorf("%d bytes are held after 1,000 pictures, and %d after 10,000", a, b)
	}
	parts, err := Parts(s.Out)
	if err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(s.Out)
	if err != nil {
		t.Fatal(err)
	}
	p := &Partial{m, map[block]*tally{}}
	for i, k := range parts {
		if err := p.read(s.Out, k); err != nil {
			t.Fatal(err)
		}
		if most := bits.OnesCount(uint(i + 1)); len(p.blocks) > most {
			t.Fatalf("%d parts are held as %d blocks, want at most %d", i+1, len(p.blocks), most)
		}
	}
}
