package driver_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"net"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
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

// lookingEngine keeps the pictures that it is asked about.
type lookingEngine struct {
	driver.Session
	seen *[]image.Image
}

func (e lookingEngine) OpenContext(context.Context, string) (driver.Session, error) { return e, nil }

func (e lookingEngine) Info() gradcamnb.Info { return gradcamnb.Info{Name: "looking"} }

func (e lookingEngine) Explain(_ context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	*e.seen = r.Pictures
	return nil, errors.New("seen")
}

// Pictures of each of Go's types reach the engine as they are, also parts of larger ones, and several at once.
func TestPicturesOfEveryType(t *testing.T) {
	var seen []image.Image
	serving(t, func(string, io.Writer) driver.Engine { return lookingEngine{seen: &seen} })
	m := gradcamnb.MustOpen("x")
	size, part := image.Rect(0, 0, 37, 21), image.Rect(5, 3, 30, 20)
	whole := []image.Image{image.NewNRGBA(size), image.NewRGBA(size), image.NewNRGBA64(size), image.NewRGBA64(size),
		image.NewGray(size), image.NewGray16(size), image.NewCMYK(size), image.NewYCbCr(size, image.YCbCrSubsampleRatio420),
		image.NewYCbCr(size, image.YCbCrSubsampleRatio444)}
	var all []image.Image
	for _, p := range whole {
		fillPlanes(p)
		all = append(all, p, p.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(part))
	}
	for _, sent := range append([][]image.Image{all}, slices.Collect(slices.Chunk(all, 1))...) {
		_, err := m.Run(t.Context(), gradcamnb.Request{Pictures: sent})
		if err == nil || err.Error() != "seen" {
			t.Fatal(err)
		}
		if len(seen) != len(sent) {
			t.Fatalf("%d pictures came, and %d were sent", len(seen), len(sent))
		}
		for i, got := range seen {
			if !reflect.DeepEqual(got, sent[i]) {
				t.Errorf("a picture of the type %T and the size %v came as another", sent[i], sent[i].Bounds())
			}
		}
	}
}

// fillPlanes gives every byte of a picture's values a value of its own place.
func fillPlanes(p image.Image) {
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		if plane, ok := v.Field(i).Interface().([]byte); ok {
			for k := range plane {
				plane[k] = byte(7*k + k/251 + i)
			}
		}
	}
}
