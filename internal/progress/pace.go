package progress

import (
	"fmt"
	"sync"
	"time"
)

// Pace measures how fast counted work goes. What happens before the first pieces are done, such as compiling, does not
// count: the rate is that of the later pieces. The zero value is ready to use. It may be used by several goroutines.
type Pace struct {
	mu    sync.Mutex
	from  time.Time // when the first pieces were done
	first int       // how many pieces those were

	done int       // at the last report
	last time.Time // time of the last report; a line that is renewed without one keeps its rate
}

// Words returns how far the work is: "16 of 64 (25 %), 8.0 a second, 6 s left". The rate and the time left appear from
// the second report on.
func (p *Pace) Words(done, total int, now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	words := fmt.Sprintf("%d of %d", done, total)
	if total > 0 {
		words += fmt.Sprintf(" (%d %%)", 100*done/total)
	}
	if p.from.IsZero() && done > 0 || done < p.first {
		p.from, p.first = now, done
	}
	if done != p.done {
		p.done, p.last = done, now
	}
	took := p.last.Sub(p.from)
	if p.from.IsZero() || done <= p.first || took <= 0 {
		return words
	}
	rate := float64(done-p.first) / took.Seconds()
	words += ", " + perSecond(rate)
	if left := total - done; left > 0 {
		words += ", " + FormatDuration(time.Duration(float64(left)/rate*float64(time.Second))) + " left"
	}
	return words
}

func perSecond(rate float64) string {
	switch {
	case rate < 0.1:
		return fmt.Sprintf("%.1f a minute", 60*rate)
	case rate < 100:
		return fmt.Sprintf("%.1f a second", rate)
	}
	return fmt.Sprintf("%.0f a second", rate)
}

// FormatDuration returns a duration in the usual form, to the second: "6 s", "2 min 5 s", "3 h 20 min".
func FormatDuration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
}
