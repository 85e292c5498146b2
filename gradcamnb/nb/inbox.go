package nb

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/janpfeifer/gonb/gonbui/comms"

	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// absence is how long a page may be silent before it counts as gone. A card knocks every few seconds; browsers let a
// page in the background do so once a minute.
const absence = 150 * time.Second

// inbox sorts what a live card says by where it is waited for.
type inbox struct {
	reply  string // the address that the card listens to
	hello  chan bool
	asks   chan render.LiveQuestion // the latest replaces one that was not looked at yet
	chosen chan render.LiveQuestion // likewise
	stop   chan render.LiveQuestion
	last   atomic.Int64 // Unix nanoseconds of the last message
}

func newInbox(reply string) *inbox {
	b := &inbox{reply: reply, hello: make(chan bool, 1), asks: make(chan render.LiveQuestion, 1),
		chosen: make(chan render.LiveQuestion, 1),
		stop:   make(chan render.LiveQuestion, 1)}
	b.last.Store(time.Now().UnixNano())
	return b
}

// silence is how long nothing was heard of the page.
func (b *inbox) silence() time.Duration { return time.Since(time.Unix(0, b.last.Load())) }

// sort puts what the page says where it is waited for. A knock is answered at once, whatever is computed meanwhile.
func (b *inbox) sort(text string) {
	var a render.LiveQuestion
	if json.Unmarshal([]byte(text), &a) != nil {
		return // not from our card
	}
	b.last.Store(time.Now().UnixNano())
	switch {
	case a.Ping:
		if pong, err := json.Marshal(render.Reply{Pong: true}); err == nil {
			comms.Send(b.reply, string(pong))
		}
	case a.Hello:
		select {
		case b.hello <- true:
		default:
		}
	case a.Stop, a.Leave:
		latest(b.stop, a)
	case a.Chosen:
		latest(b.chosen, a)
	default:
		latest(b.asks, a)
	}
}

// latest puts a message into a channel of one, in place of one that nobody has taken yet.
func latest(c chan render.LiveQuestion, a render.LiveQuestion) {
	select {
	case <-c:
	default:
	}
	select {
	case c <- a:
	default: // a newer one came in between
	}
}
