package resident

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// patience is how long a server may take to greet. It may still be starting, or even being built.
	patience = 3 * time.Minute
	// lastWait is how long a server may say nothing after the call was given up. It says every aliveTime that it is alive,
	// since the method may be in the middle of a pass.
	lastWait = 3 * aliveTime
)

// Client makes calls to the server at a socket.
type Client struct {
	Socket string            // path of the server's socket
	Types  string            // see [Types]
	Say    func(text string) // shows the user what the server says

	lastWait time.Duration // 0 means the constant
}

// Call calls a method. note gets the notes on the way and may be nil. If ctx ends first, the server is told so, and the
// call returns what the server then answers, which may take the rest of a pass. It returns the error of ctx if the
// server has stopped and says nothing.
//
// The error is an [*UnavailableError] if nothing was done, [ErrLost] if the server ended on the way, and an [*Error] if
// the method failed.
func Call[Args, Note, Answer any](ctx context.Context, c Client, method string, args Args,
	note func(Note)) (answer Answer, err error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return answer, err
	}
	defer func() { _ = conn.Close() }() // everything has been read
	enc, dec := gob.NewEncoder(conn), gob.NewDecoder(conn)
	// A server that refuses does not read this, so its own message is looked at first.
	sent := c.send(ctx, conn, enc, method, &args)
	if err := c.waitForGreeting(ctx, conn, dec); err != nil {
		return answer, err
	}
	var broken *net.OpError
	if errors.As(sent, &broken) {
		return answer, ErrLost
	}
	if sent != nil {
		return answer, fmt.Errorf("sending the request to the engine: %w", sent)
	}
	wait := func() { _ = conn.SetReadDeadline(time.Now().Add(cmp.Or(c.lastWait, lastWait))) } // a socket can have one
	stop := context.AfterFunc(ctx, func() {
		_ = conn.CloseWrite() // the server may have ended meanwhile
		wait()
	})
	defer stop()
	for show := c.shower(); ; {
		var h head
		if err := dec.Decode(&h); err != nil {
			return answer, lost(ctx, err)
		}
		if ctx.Err() != nil {
			wait()
		}
		show(h)
		if h.Alive {
			continue
		}
		if h.Answer {
			if err := dec.Decode(&answer); err != nil {
				return answer, unreadable(ctx, err)
			}
			return answer, h.Failure.errIn(ctx)
		}
		var n Note
		if err := dec.Decode(&n); err != nil {
			return answer, lost(ctx, err)
		}
		if note != nil {
			note(n)
		}
	}
}

// shower returns a function that shows the user what the server says, and once that a call that was given up goes on.
func (c Client) shower() func(head) {
	if c.Say == nil {
		return func(head) {}
	}
	sayGoesOn := sync.OnceFunc(func() {
		c.Say("gradcam: the call is given up, and ends with the pass that the engine is in the middle of\n")
	})
	return func(h head) {
		if h.Alive {
			sayGoesOn()
		}
		if h.Say != "" {
			c.Say(h.Say)
		}
	}
}

// send sends a call. A server that has stopped, or that is not built yet, reads nothing, and a socket holds little.
func (c Client) send(ctx context.Context, conn net.Conn, enc *gob.Encoder, method string, args any) error {
	if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	err := errors.Join(enc.Encode(greeting{Protocol: protocol, Types: c.Types}), enc.Encode(method), enc.Encode(args))
	large, ok := args.(Large)
	if !ok || err != nil {
		return err
	}
	blocks, err := large.Blocks()
	if err != nil {
		return err
	}
	buffers := net.Buffers(blocks)
	_, err = buffers.WriteTo(conn)
	return err
}

// unreadable returns the error of a call whose answer has begun and cannot be read to its end.
func unreadable(ctx context.Context, err error) error {
	var broken *net.OpError
	if errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return lost(ctx, err)
	}
	return fmt.Errorf("reading the engine's answer: %w", err)
}

// lost returns the error of a call on which the server says no more.
func lost(ctx context.Context, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{"the call was given up, and the engine has stopped: it does not answer; restart the kernel", ctx.Err()}
	}
	return ErrLost
}

func (c Client) dial(ctx context.Context) (*net.UnixConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.Socket)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unavailable("nothing answers at its socket %s", c.Socket)
	}
	u := conn.(*net.UnixConn)
	if err := sameUser(u); err != nil {
		_ = u.Close() // nothing was sent
		return nil, unavailable("its socket %s: %v", c.Socket, err)
	}
	return u, nil
}

// waitForGreeting waits for the server's greeting.
func (c Client) waitForGreeting(ctx context.Context, conn net.Conn, dec *gob.Decoder) error {
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("talking to the engine: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	var g greeting
	err := dec.Decode(&g)
	if !stop() {
		return ctx.Err()
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return unavailable("it did not answer within %s", patience)
	case err != nil:
		return unavailable("the program at its socket %s does not speak its protocol", c.Socket)
	case g.Refusal != "":
		return unavailable("%s", g.Refusal)
	case g.Protocol != protocol || g.Types != c.Types:
		return unavailable("it is of another version than this program")
	}
	return conn.SetReadDeadline(time.Time{})
}
