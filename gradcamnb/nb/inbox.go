package nb

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/janpfeifer/gonb/gonbui/comms"

	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// absence is the time after which a silent page counts as gone. A card pings every few seconds, but browsers let a page
// in the background do so only once a minute.
const absence = 150 * time.Second

// inbox sorts the messages of a live card into channels.
type inbox struct {
	reply  string // the address that the card listens to
	hello  chan bool
	asks   chan render.LiveQuestion // a new one replaces one that was not taken yet
	chosen chan render.LiveQuestion // likewise
	stop   chan render.LiveQuestion
	ended  func()       // is called with each stop, while maps may be computed
	last   atomic.Int64 // Unix nanoseconds of the last message
}

func newInbox(reply string, ended func()) *inbox {
	b := &inbox{reply: reply, hello: make(chan bool, 1), asks: make(chan render.LiveQuestion, 1),
		chosen: make(chan render.LiveQuestion, 1),
		stop:   make(chan render.LiveQuestion, 1), ended: ended}
	b.last.Store(time.Now().UnixNano())
	return b
}

// silence returns the time since the last message of the page.
func (b *inbox) silence() time.Duration { return time.Since(time.Unix(0, b.last.Load())) }

// sort puts a message of the page into its channel. It answers a ping at once, even while maps are computed.
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
		b.ended()
	case a.Chosen:
		latest(b.chosen, a)
	default:
		latest(b.asks, a)
	}
}

// latest puts a message into a channel that holds one. It replaces a message that nobody has taken yet.
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
