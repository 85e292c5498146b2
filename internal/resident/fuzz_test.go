package resident

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"net"
	"path/filepath"
	"testing"
)

// The server survives whatever a caller sends, and answers the next one. A longer run: go test ./internal/resident
// -fuzz FuzzMessage -fuzztime 10m
func FuzzMessage(f *testing.F) {
	whole := func(types, method string, args any) []byte {
		var b bytes.Buffer
		enc := gob.NewEncoder(&b)
		if err := errors.Join(enc.Encode(greeting{Protocol: protocol, Types: types}), enc.Encode(method),
			enc.Encode(args)); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	good := whole("t", "one", 7)
	for _, seed := range [][]byte{good, good[:len(good)/2], whole("t", "one", "words"), whole("t", "none", 1),
		whole("other", "one", 1), {0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}} {
		f.Add(seed)
	}
	dir := f.TempDir()
	socket := filepath.Join(dir, "s", "x.sock")
	l, err := Listen(socket)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	server := &Server{Types: "t",
		Methods: map[string]Method{"one": Handle(func(_ context.Context, n int, _ func(int)) (int, error) { return n, nil })}}
	go func() { _ = server.Serve(l) }()
	f.Fuzz(func(t *testing.T, message []byte) {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(message) // the server may have hung up
		_ = conn.Close()
		if got, err := Call[int, int, int](t.Context(), Client{Socket: socket, Types: "t"}, "one", 7, nil); err != nil ||
			got != 7 {
			t.Errorf("%d, %v", got, err)
		}
	})
}
