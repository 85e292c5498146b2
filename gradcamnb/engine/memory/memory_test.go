package memory

import (
	"container/list"
	"slices"
	"testing"
)

func TestMemoryLimit(t *testing.T) {
	for text, want := range map[string]int64{"": 2 << 30, "500MB": 500 << 20, "8 GiB": 8 << 30, "1.5g": 3 << 29,
		"1000": 1000, "64k": 64 << 10} {
		if got, err := memoryLimit(text); got != want || err != nil {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"lots", "-1GB", "0", "NaN", "GB", "inf", "1e99", "9e9GB"} {
		if got, err := memoryLimit(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// What was not used for longest goes first, and what is in use stays.
func TestLeastRecentlyUsedGoes(t *testing.T) {
	t.Setenv(Env, "3")
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var gone []string
	keep := func(name string, bytes int64) *Entry {
		x := &Entry{Bytes: bytes, Drop: func() { gone = append(gone, name) }}
		m.Add(x)
		m.Trim(1)
		return x
	}
	a := keep("a", 1)
	keep("b", 1)
	keep("c", 1)
	m.Touch(a)
	keep("d", 1)
	keep("huge", 100)
	if want := []string{"b", "c", "a", "d"}; !slices.Equal(gone, want) || m.used != 100 {
		t.Errorf("%q went, %d bytes are left; want %q", gone, m.used, want)
	}
}

// Open files count as memory does: models that were not used for longest go when there are too many.
func TestOpenFilesAreBounded(t *testing.T) {
	m := &Memory{limit: 1 << 40, order: list.New(), fileLimit: 4}
	m.Lock()
	defer m.Unlock()
	gone := 0
	for range 10 {
		m.Add(&Entry{Bytes: 1, Files: 2, Drop: func() { gone++ }})
		m.Trim(1)
	}
	if gone != 8 || m.files != 4 {
		t.Errorf("%d are gone, and %d files open", gone, m.files)
	}
}
