package border

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func call(f func()) (err error) {
	defer Recover(&err)
	f()
	return nil
}

func TestRecover(t *testing.T) {
	own := errors.New("the file was changed")
	var none []int
	for want, f := range map[string]func(){
		"the file was changed": func() { panic(fmt.Errorf("%w\nand more", own)) },
		"this should not have happened (runtime error: index out of range [3] with length 0), and is a fault of gradcam: please report it": func() { _ = none[3] },
		"this should not have happened (a word), and is a fault of gradcam: please report it":                                              func() { panic("a word\nanother line") },
	} {
		err := call(f)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %q", err, want)
		}
		if strings.Contains(want, "changed") != errors.Is(err, own) {
			t.Errorf("what was panicked with is lost from %v", err)
		}
		if full := fmt.Sprintf("%+v", err); !strings.Contains(full, "border_test.go") {
			t.Errorf("no stack: %s", full)
		}
	}
	if err := call(func() {}); err != nil {
		t.Error(err)
	}
	named := func(cause error) (err error) {
		defer Recover(&err)
		return cause
	}
	if err := named(fmt.Errorf("no \x1b[2J\u202e\xff: %w", own)); !errors.Is(err, own) ||
		err.Error() != `no \x1b[2J\u202e\xff: the file was changed` {
		t.Errorf("error %q", err)
	}
	long := named(fmt.Errorf("%s: %w", strings.Repeat("é", 1e6), own)).Error()
	if !strings.HasSuffix(long, "é … and 1984662 bytes more") || len(long) > 16<<10 {
		t.Errorf("%d bytes that end with %q", len(long), long[len(long)-40:])
	}
	if again := named(fmt.Errorf("explaining: %s", long)).Error(); again != "explaining: "+long {
		t.Errorf("cut twice: %q", again[len(again)-80:])
	}
	if err := named(own); err != own { //nolint:errorlint // it is the same
		t.Errorf("error %v", err)
	}
}
