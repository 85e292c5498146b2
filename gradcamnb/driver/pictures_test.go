package driver_test

import (
	"image"
	"image/color"
	"io"
	"net"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/resident"
)

// A picture crosses the socket once, so a program's second question about it is small. The picture is sent again if it
// was drawn on since, or if the engine has forgotten it.
func TestPictureSentOnce(t *testing.T) {
	var crossed atomic.Int64
	restart := countedEngine(t, &crossed)
	m := gradcamnb.MustOpen(tinyModel)
	img := image.NewNRGBA(image.Rect(0, 0, 900, 700))
	for i := range img.Pix {
		img.Pix[i] = byte(i * i >> 7)
	}
	ask := func(class int) ([]float32, int64) {
		t.Helper()
		before := crossed.Load()
		r, err := m.Explain(img, tinyPrep, gradcamnb.Class(class))
		if err != nil {
			t.Fatal(err)
		}
		if r.Picture != image.Image(img) {
			t.Error("the result has another picture")
		}
		return r.Maps[0].Raw.Values, crossed.Load() - before
	}
	whole, small := int64(len(img.Pix)), int64(len(img.Pix)/10)
	first, sent := ask(1)
	if sent < whole {
		t.Errorf("the first question sends %d bytes, and the picture has %d", sent, whole)
	}
	again, sent := ask(1)
	if sent > small || !reflect.DeepEqual(again, first) {
		t.Errorf("the second question sends %d bytes; the map is the same: %v", sent, reflect.DeepEqual(again, first))
	}
	for y := range 350 {
		for x := range 900 {
			img.SetNRGBA(x, y, color.NRGBA{0, 0, 0, 255})
		}
	}
	drawn, sent := ask(1)
	if sent < whole || reflect.DeepEqual(drawn, first) {
		t.Errorf("after it was drawn on, %d bytes were sent; the map is the same: %v", sent, reflect.DeepEqual(drawn, first))
	}
	restart()
	if after, sent := ask(1); sent < whole || !reflect.DeepEqual(after, drawn) {
		t.Errorf("after a restart of the engine %d bytes were sent", sent)
	}
}

// countedEngine runs a resident engine behind a socket that counts what is written to it, and returns what replaces it
// by a new one.
func countedEngine(t *testing.T, crossed *atomic.Int64) (restart func()) {
	t.Helper()
	var behind atomic.Pointer[net.UnixListener]
	restart = func() {
		l, err := resident.Listen(t.TempDir() + "/s/x.sock")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_ = driver.Serve(l, func(string, io.Writer) driver.Engine { return engine.NewSaying("go", io.Discard) })
		}()
		t.Cleanup(func() { _ = l.Close() })
		behind.Store(l)
	}
	restart()
	front, err := resident.Listen(t.TempDir() + "/s/x.sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = front.Close() })
	t.Setenv(driver.SocketEnv, front.Addr().String())
	go func() {
		for {
			c, err := front.Accept()
			if err != nil {
				return
			}
			go pass(c, behind.Load().Addr().String(), crossed)
		}
	}()
	return restart
}

// pass copies between a caller and a socket, and counts what the caller writes.
func pass(c net.Conn, socket string, crossed *atomic.Int64) {
	to, err := net.Dial("unix", socket)
	if err != nil {
		_ = c.Close()
		return
	}
	go func() {
		_, _ = io.Copy(c, to)
		_ = c.Close()
	}()
	_, _ = io.Copy(to, counted{c, crossed})
	_ = to.(*net.UnixConn).CloseWrite()
}

// counted counts what is read.
type counted struct {
	io.Reader
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read.Add(int64(n))
	return n, err
}
