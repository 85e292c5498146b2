package progress

import (
	"testing"
	"time"
)

// 16 pieces are done after half a minute of compiling. 32 more take 4 s, so 8 are done in a second, and the remaining
// 16 take 2 s.
func TestPaceLeavesCompilingOut(t *testing.T) {
	var p Pace
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		done  int
		after time.Duration
		want  string
	}{
		{0, 0, "0 of 64 (0 %)"},
		{16, 30 * time.Second, "16 of 64 (25 %)"},
		{48, 34 * time.Second, "48 of 64 (75 %), 8.0 a second, 2 s left"},
		{48, 35 * time.Second, "48 of 64 (75 %), 8.0 a second, 2 s left"}, // renewed without news
		{64, 36 * time.Second, "64 of 64 (100 %), 8.0 a second"},
		{1, 40 * time.Second, "1 of 64 (1 %)"}, // the next round
	} {
		if got := p.Words(c.done, 64, start.Add(c.after)); got != c.want {
			t.Errorf("%d after %v: %q, want %q", c.done, c.after, got, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1400 * time.Millisecond: "1 s", 125 * time.Second: "2 min 5 s", 12000 * time.Second: "3 h 20 min",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
