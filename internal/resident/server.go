package resident

import (
	"bufio"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// Server answers calls.
type Server struct {
	Types   string            // see [Types]
	Methods map[string]Method // by name

	greet   time.Duration // how long a caller may take to say what it wants; 0 means greetTime
	alive   time.Duration // between two words that a call that was given up has not ended yet; 0 means aliveTime
	mu      sync.Mutex
	pending []byte // text for the user
}

// Method answers one kind of call. decode reads the arguments.
type Method func(ctx context.Context, decode func(any) error, note func(any)) (answer any, err error)

// Large is an argument of a call that has large blocks of bytes, such as pictures. They cross the socket after the
// argument as they are, since gob would copy them several times. In the client Blocks returns what is sent. In the
// server it returns blocks of the same lengths, which are filled before the method gets the argument, or an error if
// the argument cannot have such blocks. The argument's pointer has the method.
type Large interface{ Blocks() ([][]byte, error) }

// Handle turns a function into a method. An answer that is returned together with an error reaches the caller, too. A
// panic becomes an error, and the server goes on.
func Handle[Args, Note, Answer any](f func(ctx context.Context, args Args, note func(Note)) (Answer, error)) Method {
	return func(ctx context.Context, decode func(any) error, note func(any)) (answer any, err error) {
		defer func() {
			if e := recover(); e != nil {
				answer, err = *new(Answer), panicError(e)
			}
		}()
		var args Args
		if err := decode(&args); err != nil {
			return *new(Answer), fmt.Errorf("reading the request: %w", err)
		}
		return f(ctx, args, func(n Note) { note(n) })
	}
}

// panicError returns the error of a panic: one line, and the stack in the error behind it.
func panicError(e any) error {
	return &Error{fmt.Sprintf("the engine failed: %v", e), fmt.Errorf("%v\n%s", e, debug.Stack())}
}

// Write keeps a text for the user. It is sent with the next note or answer.
func (s *Server) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, text...)
	return len(text), nil
}

func (s *Server) say() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(s.pending)
	s.pending = nil
	return text
}

// Serve answers all calls on the listener until the listener is closed.
func (s *Server) Serve(l *net.UnixListener) error {
	var pause time.Duration
	for {
		conn, err := l.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			if !willPass(err) {
				return fmt.Errorf("waiting for calls: %w", err)
			}
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
			continue
		}
		pause = 0
		go s.answer(conn)
	}
}

// willPass tells whether an error of accepting a call will pass: too many files are open at the moment, or the caller
// has already gone.
func willPass(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOMEM, syscall.ENOBUFS,
		syscall.EINTR} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// answer answers one call. If anything fails on the connection, the caller is gone, and there is nobody to tell.
func (s *Server) answer(conn *net.UnixConn) {
	defer func() { _ = conn.Close() }()
	if sameUser(conn) != nil {
		return
	}
	read := bufio.NewReader(conn) // of which the decoder takes no more than it decodes
	enc, dec := gob.NewEncoder(conn), gob.NewDecoder(read)
	if enc.Encode(greeting{Protocol: protocol, Types: s.Types}) != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(cmp.Or(s.greet, greetTime))) // a socket can have a deadline
	var g greeting
	var name string
	if dec.Decode(&g) != nil || g.Protocol != protocol || g.Types != s.Types || dec.Decode(&name) != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(writeTime))
	method, ok := s.Methods[name]
	if !ok {
		return // a server of the same version has the method
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	decode := func(to any) error {
		err := dec.Decode(to)
		if large, ok := to.(Large); ok && err == nil {
			err = fill(large, read)
		}
		_ = conn.SetReadDeadline(time.Time{})
		go func() { // after this the caller only ends
			_, _ = conn.Read(make([]byte, 1))
			cancel()
		}()
		return err
	}
	passed := newNotes(func(n any) bool {
		_ = conn.SetWriteDeadline(time.Now().Add(writeTime)) // a socket can have a deadline
		_, alive := n.(stillAlive)
		if enc.Encode(head{Alive: alive, Say: s.say()}) != nil || !alive && enc.Encode(n) != nil {
			cancel()
			return false
		}
		return true
	})
	ended := make(chan struct{})
	go s.sayAlive(ctx, passed, ended)
	answer, err := method(ctx, decode, passed.add)
	close(ended)
	passed.end()
	_ = conn.SetWriteDeadline(time.Now().Add(writeTime))
	if enc.Encode(head{Answer: true, Failure: failureOf(err), Say: s.say()}) == nil {
		_ = enc.Encode(answer)
	}
}

// fill reads the blocks of bytes of an argument.
func fill(large Large, from io.Reader) error {
	blocks, err := large.Blocks()
	if err != nil {
		return err
	}
	for _, block := range blocks {
		if _, err := io.ReadFull(from, block); err != nil {
			return err
		}
	}
	return nil
}

// stillAlive is the note that the server is alive. No value is sent with it.
type stillAlive struct{}

// sayAlive says again and again that the server is alive, from when a call is given up until it has ended.
func (s *Server) sayAlive(ctx context.Context, passed *notes, ended <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-ended:
		return
	}
	again := time.NewTicker(cmp.Or(s.alive, aliveTime))
	defer again.Stop()
	for {
		select {
		case <-again.C:
			passed.add(stillAlive{})
		case <-ended:
			return
		}
	}
}

// Refuse answers every call on the listener with the reason why nothing is answered, until the listener is closed.
func Refuse(l *net.UnixListener, reason string) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return
		}
		_ = gob.NewEncoder(conn).Encode(greeting{Protocol: protocol, Refusal: reason})
		_ = conn.Close()
	}
}
