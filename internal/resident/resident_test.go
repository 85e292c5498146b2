package resident

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve runs a server with the methods and returns a client of it.
func serve(t *testing.T, methods map[string]Method) (Client, *net.UnixListener) {
	t.Helper()
	return serveBy(t, &Server{Types: "1", Methods: methods})
}

func serveBy(t *testing.T, s *Server) (Client, *net.UnixListener) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s", "engine.sock")
	l, err := Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = l.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return Client{Socket: socket, Types: "1"}, l
}

func double(_ context.Context, n int, _ func(string)) (int, error) { return 2 * n, nil }

func TestCall(t *testing.T) {
	c, _ := serve(t, map[string]Method{
		"double": Handle(double),
		"count": Handle(func(_ context.Context, n int, note func(int)) (string, error) {
			for i := range n {
				note(i)
			}
			return "counted", nil
		}),
		"fail": Handle(func(context.Context, int, func(int)) (string, error) {
			return "so far", errors.New("it failed")
		}),
		"panic": Handle(func(context.Context, int, func(int)) (string, error) { panic("no") }),
	})
	if got, err := Call[int, string, int](t.Context(), c, "double", 21, nil); got != 42 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	var notes []int
	if got, err := Call[int, int, string](t.Context(), c, "count", 500,
		func(n int) { notes = append(notes, n) }); got != "counted" || err != nil || len(notes) != 500 || notes[499] != 499 {
		t.Errorf("got %q, %v and %d notes", got, err, len(notes))
	}
	var failed *Error
	if got, err := Call[int, int, string](t.Context(), c, "fail", 1, nil); got != "so far" || !errors.As(err, &failed) ||
		err.Error() != "it failed" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := Call[int, int, string](t.Context(), c, "panic", 1, nil); !errors.As(err, &failed) ||
		err.Error() != "the engine failed: no" || !strings.Contains(failed.Unwrap().Error(), "resident_test.go") {
		t.Errorf("a panic becomes %v", err)
	}
	if got, err := Call[int, string, int](t.Context(), c, "double", 4, nil); got != 8 || err != nil {
		t.Errorf("after a panic: %d, %v", got, err)
	}
	if _, err := Call[int, string, int](t.Context(), c, "no such method", 1, nil); !errors.Is(err, ErrLost) {
		t.Errorf("a method that is not there: %v", err)
	}
}

func TestUnavailable(t *testing.T) {
	c, l := serve(t, map[string]Method{"double": Handle(double)})
	try := func(c Client) error {
		_, err := Call[int, string, int](t.Context(), c, "double", 1, nil)
		return err
	}
	var none *UnavailableError
	if err := try(Client{Socket: c.Socket, Types: "2"}); !errors.As(err, &none) ||
		!strings.Contains(err.Error(), "another version") {
		t.Errorf("another version: %v", err)
	}
	_ = l.Close()
	if err := try(c); !errors.As(err, &none) || !strings.Contains(err.Error(), "nothing answers") {
		t.Errorf("no server: %v", err)
	}
	// A server that dies without an answer, and a program that is no engine.
	for name, said := range map[string]string{"nothing": "", "noise": "HTTP/1.1 400 Bad Request\r\n\r\n"} {
		socket := filepath.Join(t.TempDir(), "x.sock")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := l.Accept()
			if err == nil {
				_, _ = conn.Write([]byte(said))
				_ = conn.Close()
			}
		}()
		if err := try(Client{Socket: socket, Types: "1"}); !errors.As(err, &none) {
			t.Errorf("%s: %v", name, err)
		}
		_ = l.Close()
	}
	// A server that says why it does not answer.
	refusing, err := Listen(filepath.Join(t.TempDir(), "s", "x.sock"))
	if err != nil {
		t.Fatal(err)
	}
	go Refuse(refusing, "it is not built")
	if err := try(Client{Socket: refusing.Addr().String(), Types: "1"}); !errors.As(err, &none) ||
		err.Error() != "it is not built" {
		t.Errorf("a refusal: %v", err)
	}
	_ = refusing.Close()
	// A deadline that passes while the server does not greet.
	silent, err := net.Listen("unix", filepath.Join(t.TempDir(), "y.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Call[int, string, int](ctx, Client{Socket: silent.Addr().String(), Types: "1"}, "double", 1,
		nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent server: %v", err)
	}
}

// A server that ends on the way is distinguished from a method that fails.
func TestLost(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "x.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_ = gob.NewEncoder(conn).Encode(greeting{Protocol: protocol, Types: "1"})
			time.Sleep(20 * time.Millisecond)
			_ = conn.Close()
		}
	}()
	if _, err := Call[int, string, int](t.Context(), Client{Socket: socket, Types: "1"}, "double", 1, nil); !errors.Is(err,
		ErrLost) {
		t.Errorf("got %v", err)
	}
}

// The server's messages reach the user once.
func TestSay(t *testing.T) {
	s := &Server{Types: "1", Methods: map[string]Method{"double": Handle(double)}}
	l, err := Listen(filepath.Join(t.TempDir(), "s", "x.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() { _ = s.Serve(l) }()
	if _, err := s.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	var said []string
	c := Client{Socket: l.Addr().String(), Types: "1", Say: func(text string) { said = append(said, text) }}
	for range 2 {
		if _, err := Call[int, string, int](t.Context(), c, "double", 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(said) != 1 || said[0] != "hello\n" {
		t.Errorf("said %q", said)
	}
}

func TestListen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	socket := filepath.Join(dir, "x.sock")
	l, err := Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v, %v", info.Mode(), err)
	}
	if _, err := Listen(socket); err == nil || !strings.Contains(err.Error(), "another engine answers") {
		t.Errorf("a socket in use: %v", err)
	}
	l.SetUnlinkOnClose(false) // as a killed server leaves it
	_ = l.Close()
	if l, err = Listen(socket); err != nil {
		t.Errorf("a stale socket: %v", err)
	} else {
		_ = l.Close()
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(socket); err == nil || !strings.Contains(err.Error(), "open to others") {
		t.Errorf("an open folder: %v", err)
	}
	file := filepath.Join(t.TempDir(), "s", "file")
	if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("a file: %v", err)
	}
}

// A difference that gob would silently leave out makes another version.
func TestTypes(t *testing.T) {
	type a struct{ X int }
	type b struct {
		X int
		Y []*a
	}
	type c struct {
		X int
		F func()
		p int
	}
	base := Types(a{})
	if base != Types(a{}) || base == Types(b{}) || base == Types(a{}, b{}) || Types(b{}) == Types(c{p: 1}) {
		t.Error("types are mixed up")
	}
	type list struct{ Next *list }
	Types(list{}) // ends
}

// A caller that reads nothing, for example in a debugger, delays neither the method nor other callers.
func TestStoppedCaller(t *testing.T) {
	made := make(chan struct{})
	c, _ := serve(t, map[string]Method{
		"many": Handle(func(_ context.Context, _ int, note func([]byte)) (int, error) {
			for range 100 {
				note(make([]byte, 1<<20)) // more than any socket takes
			}
			close(made)
			return 1, nil
		}),
		"one": Handle(func(_ context.Context, n int, _ func(int)) (int, error) { return n, nil }),
	})
	stopped := make(chan struct{})
	defer close(stopped)
	go func() {
		_, _ = Call[int, []byte, int](t.Context(), c, "many", 0, func([]byte) { <-stopped })
	}()
	select {
	case <-made:
	case <-time.After(5 * time.Minute):
		t.Fatal("the method waits for its caller")
	}
	if got, err := Call[int, int, int](t.Context(), c, "one", 7, nil); err != nil || got != 7 {
		t.Errorf("%d, %v", got, err)
	}
}

// Callers that send nothing, or a byte now and then, are disconnected, and delay nobody meanwhile.
func TestSilentCaller(t *testing.T) {
	c, _ := serveBy(t, &Server{Types: "1", Methods: map[string]Method{"double": Handle(double)},
		greet: 2 * time.Second}) // in which also a busy machine gets the call beside them to greet
	var silent []net.Conn
	for i := range 20 {
		conn, err := net.Dial("unix", c.Socket)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if i%2 == 1 {
			go func() {
				for {
					if _, err := conn.Write([]byte{0x10}); err != nil {
						return
					}
					time.Sleep(20 * time.Millisecond)
				}
			}()
		}
		silent = append(silent, conn)
	}
	if got, err := Call[int, string, int](t.Context(), c, "double", 21, nil); err != nil || got != 42 {
		t.Errorf("beside them: %d, %v", got, err)
	}
	for i, conn := range silent {
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("caller %d is still waited for", i)
		}
	}
}

// Errors of accepting a call that will pass are waited out.
func TestPassing(t *testing.T) {
	for err, want := range map[error]bool{syscall.EMFILE: true, syscall.ENFILE: true, syscall.ECONNABORTED: true,
		syscall.EBADF: false, net.ErrClosed: false} {
		if got := willPass(fmt.Errorf("accept: %w", os.NewSyscallError("accept4", err))); got != want {
			t.Errorf("%v passes: %t", err, got)
		}
	}
}

// largeText is a text whose letters cross as blocks of five.
type largeText struct {
	Lengths []int
	blocks  [][]byte
}

func newLargeText(text string) largeText {
	var l largeText
	for block := range slices.Chunk([]byte(text), 5) {
		l.blocks, l.Lengths = append(l.blocks, block), append(l.Lengths, len(block))
	}
	return l
}

func (l *largeText) Blocks() ([][]byte, error) {
	if l.blocks == nil {
		for _, n := range l.Lengths {
			if n < 0 {
				return nil, errors.New("a block of less than nothing")
			}
			l.blocks = append(l.blocks, make([]byte, n))
		}
	}
	return l.blocks, nil
}

// Blocks of bytes cross after the argument, and the method gets them with it. A caller that ends between them is given
// up, and lengths that nobody can have are an error; the server goes on.
func TestLarge(t *testing.T) {
	called := make(chan string, 10)
	c, _ := serve(t, map[string]Method{
		"join": Handle(func(_ context.Context, l largeText, _ func(int)) (string, error) {
			text := string(bytes.Join(l.blocks, nil))
			called <- text
			return text, nil
		}),
	})
	for _, text := range []string{"", "abc", strings.Repeat("a large picture ", 1<<16)} {
		got, err := Call[largeText, int, string](t.Context(), c, "join", newLargeText(text), nil)
		if got != text || err != nil || <-called != text {
			t.Errorf("%d letters came back of %d, %v", len(got), len(text), err)
		}
	}
	conn, err := net.Dial("unix", c.Socket)
	if err != nil {
		t.Fatal(err)
	}
	enc := gob.NewEncoder(conn)
	if err := errors.Join(enc.Encode(greeting{Protocol: protocol, Types: "1"}), enc.Encode("join"),
		enc.Encode(newLargeText("half"))); err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write([]byte("ha"))
	_ = conn.Close()
	wrong := largeText{Lengths: []int{-1}, blocks: [][]byte{}}
	if got, err := Call[largeText, int, string](t.Context(), c, "join", wrong, nil); err == nil {
		t.Errorf("a block of -1 bytes is %q", got)
	}
	if got, err := Call[largeText, int, string](t.Context(), c, "join", newLargeText("whole"), nil); got != "whole" {
		t.Errorf("got %q, %v", got, err)
	}
	if text := <-called; text != "whole" {
		t.Errorf("the method was called with %q", text)
	}
}
