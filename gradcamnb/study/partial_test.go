package study

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Parts that are read by many, cross between machines and are added up in any order, some of them twice, say the same
// as all read by one.
func TestPartials(t *testing.T) {
	var values []uint8
	r := rand.New(rand.NewPCG(5, 6))
	for range 27 {
		values = append(values, uint8(r.UintN(99)))
	}
	s := newStudy(t, &fakeSession{}, values...)
	s.Part = 2
	want, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Parts(s.Out)
	if err != nil || len(parts) != 14 {
		t.Fatalf("%v, %v", parts, err)
	}
	for range 20 {
		heaps := make([]Partial, 3)
		for _, at := range append(r.Perm(14), 3, 7) {
			one, err := ReadPart(s.Out, parts[at])
			if err != nil {
				t.Fatal(err)
			}
			if err := heaps[r.IntN(2)].Add(one); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 2 {
			data, err := heaps[i].MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var arrived Partial
			if err := arrived.UnmarshalBinary(data); err != nil {
				t.Fatal(err)
			}
			if err := heaps[2].Add(&arrived); err != nil && !strings.Contains(err.Error(), "counted before") {
				t.Fatal(err)
			} else if err != nil {
				heaps[2] = Partial{} // a part that both heaps have, joined with others in one
				break
			}
		}
		if heaps[2].blocks != nil {
			compareSummaries(t, heaps[2].Summary(), want)
		}
	}
}

// A part is explained once, and one that there is not is an error.
func TestRunPart(t *testing.T) {
	f := &fakeSession{}
	s := newStudy(t, f, 1, 2, 3, 4, 5)
	wantError(t, "not prepared", s.RunPart(t.Context(), 1), "call Prepare")
	n, err := s.Prepare()
	if err != nil || n != 2 {
		t.Fatalf("%d parts, %v", n, err)
	}
	for range 2 {
		if err := s.RunPart(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if f.calls != 1 {
		t.Errorf("a part of one picture took %d calls", f.calls)
	}
	for _, k := range []int{-1, 2} {
		if err := s.RunPart(t.Context(), k); err == nil {
			t.Errorf("there is a part %d", k)
		}
	}
	other := newStudy(t, f, 9)
	if _, err := other.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := ReadPart(s.Out, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadPart(other.Out, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Add(b); err == nil || !strings.Contains(err.Error(), "two studies") {
		t.Errorf("error %v", err)
	}
}
