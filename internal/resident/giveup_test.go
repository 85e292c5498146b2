package resident

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Giving a call up reaches the method, and the method's results so far come back.
func TestGiveUp(t *testing.T) {
	ended := make(chan struct{}, 1)
	c, _ := serve(t, map[string]Method{"wait": Handle(func(ctx context.Context, _ int, note func(int)) (string, error) {
		note(1)
		<-ctx.Done()
		ended <- struct{}{}
		return "half", ctx.Err()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	got, err := Call[int, int, string](ctx, c, "wait", 0, func(int) { cancel() })
	if got != "half" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %q, %v", got, err)
	}
	<-ended

	// A caller that dies says nothing: its connection ends.
	conn, err := net.Dial("unix", c.Socket)
	if err != nil {
		t.Fatal(err)
	}
	enc := gob.NewEncoder(conn)
	if err := errors.Join(enc.Encode(greeting{Protocol: protocol, Types: "1"}), enc.Encode("wait"),
		enc.Encode(0)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	_ = conn.Close()
	select {
	case <-ended:
	case <-time.After(5 * time.Minute):
		t.Error("the method goes on although its caller is gone")
	}
}

// A method that is in the middle of something when its call is given up answers when it can: the server says meanwhile
// that it is alive, and the caller waits for longer than it would for one that says nothing.
func TestGiveUpSlowly(t *testing.T) {
	const wait = 2 * time.Second // longer than a busy machine holds up a word that comes every 10 ms
	c, _ := serveBy(t, &Server{Types: "1", alive: wait / 200, Methods: map[string]Method{
		"pass": Handle(func(ctx context.Context, _ int, note func(int)) (string, error) {
			note(1)
			<-ctx.Done()
			time.Sleep(wait + wait/4) // whatever the caller wants
			note(2)
			return "half", ctx.Err()
		})}})
	c.lastWait = wait
	var said []string
	c.Say = func(text string) { said = append(said, text) }
	ctx, cancel := context.WithCancel(t.Context())
	var notes []int
	got, err := Call[int, int, string](ctx, c, "pass", 0, func(n int) {
		notes = append(notes, n)
		cancel()
	})
	if got != "half" || !errors.Is(err, context.Canceled) || fmt.Sprint(notes) != "[1 2]" {
		t.Errorf("got %q, %v, notes %v", got, err, notes)
	}
	if len(said) != 1 || !strings.Contains(said[0], "in the middle of") {
		t.Errorf("said %q", said)
	}
}

// A server that has stopped, as by SIGSTOP, reads and answers nothing. Its caller gives up when its context ends, also
// while it sends its request.
func TestStoppedServer(t *testing.T) {
	for k := range 3 {
		greets, answers := k > 0, k > 1 // no further than the answer's head
		socket := filepath.Join(t.TempDir(), "x.sock")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if greets {
				enc := gob.NewEncoder(conn)
				_ = enc.Encode(greeting{Protocol: protocol, Types: "1"})
				_, _ = io.Copy(io.Discard, io.LimitReader(conn, 8<<20))
				if answers {
					_ = enc.Encode(head{Answer: true})
				}
			}
			<-t.Context().Done()
			_ = conn.Close()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err = Call[[]byte, string, int](ctx, Client{Socket: socket, Types: "1", lastWait: 100 * time.Millisecond}, "any",
			make([]byte, 8<<20), nil) // more than any socket takes
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 5*time.Minute {
			t.Errorf("greets %t, answers %t: after %v %v", greets, answers, took, err)
		}
	}
}
