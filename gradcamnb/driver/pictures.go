package driver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"slices"
	"strings"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/machine"
)

// picturesCall is a request about pictures. A picture that the engine has from an earlier call of the same program is
// only named, since sending 12 megapixels takes 48 MB. If pictures are sent, they cross the socket as blocks of bytes;
// see [resident.Large].
type picturesCall struct {
	Request ask.Request   // without its pictures
	Names   []string      // of the request's pictures; none for a tensor
	Sent    []sentPicture // the pictures; none if all are known by their names
	whole   []image.Image
}

// sentPicture is a picture on its way.
type sentPicture struct {
	Hollow  image.Image // without its values
	Lengths []int       // of its planes of values
}

// send puts pictures into the call.
func (c *picturesCall) send(pictures []image.Image) {
	c.whole = pictures
	for _, p := range pictures {
		c.Sent = append(c.Sent, hollow(p))
	}
}

// hollow returns a picture as one on its way.
func hollow(p image.Image) (s sentPicture) {
	copied, planes := shallow(p)
	for _, plane := range planes {
		s.Lengths = append(s.Lengths, len(*plane))
		*plane = nil
	}
	s.Hollow = copied
	return s
}

// Blocks returns the values of the pictures that are sent. If the call has just arrived, it first makes room for them.
func (c *picturesCall) Blocks() (blocks [][]byte, err error) {
	if c.whole == nil {
		if err := checkSent(c.Sent, machine.Memory()); err != nil {
			return nil, err
		}
		for _, s := range c.Sent {
			p, planes := shallow(s.Hollow)
			for i, plane := range planes {
				*plane = make([]byte, s.Lengths[i])
			}
			c.whole = append(c.whole, p)
		}
	}
	for _, p := range c.whole {
		blocks = append(blocks, planesOf(p)...)
	}
	return blocks, nil
}

// sentPictures are the pictures that a program has sent.
type sentPictures struct {
	mu    sync.Mutex
	names map[string]bool
}

// program tells this program's pictures from those of others, and seed is what their pixels are hashed with.
var (
	program = sync.OnceValue(rand.Text)
	seed    = maphash.MakeSeed()
)

// namePictures returns names of pictures by what they show, so a picture that is drawn on gets another name. It returns
// nil if there are no pictures, or if one is of a type whose pixels it cannot read.
func namePictures(pictures []image.Image) []string {
	var names []string
	for _, p := range pictures {
		planes := planesOf(p)
		if planes == nil {
			return nil
		}
		var h maphash.Hash
		h.SetSeed(seed)
		for _, plane := range planes {
			_, _ = h.Write(plane) // never an error
		}
		s := hollow(p)
		names = append(names, fmt.Sprintf("%s %T %v %v %x", program(), s.Hollow, s.Hollow, s.Lengths, h.Sum64()))
	}
	return names
}

// planesOf returns the values of a picture of one of Go's types, and nil for other pictures.
func planesOf(p image.Image) (values [][]byte) {
	_, planes := shallow(p)
	for _, plane := range planes {
		values = append(values, *plane)
	}
	return values
}

// shallow returns a copy of a picture of one of Go's types, and where the copy has its planes of values. It shares
// these with the picture.
func shallow(p image.Image) (image.Image, []*[]byte) {
	switch p := p.(type) {
	case *image.NRGBA:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.RGBA:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.NRGBA64:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.RGBA64:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.Gray:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.Gray16:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.CMYK:
		c := *p
		return &c, []*[]byte{&c.Pix}
	case *image.YCbCr:
		c := *p
		return &c, []*[]byte{&c.Y, &c.Cb, &c.Cr}
	}
	return nil, nil
}

// callAbout asks the engine for something about pictures, which it is sent if it does not have them.
func callAbout[Answer any](ctx context.Context, s *remote, method string, r ask.Request,
	progress func(ask.Progress)) (Answer, error) {
	pictures := s.makeSendable(r.Pictures)
	names := namePictures(pictures)
	r.Pictures = nil
	asked := picturesCall{Request: r, Names: names}
	if s.sent.hasAll(names) {
		answer, err := call[picturesCall, Answer](ctx, s, method, asked, progress)
		if !errors.Is(err, fault.ErrForgotten) {
			return answer, err
		}
	}
	asked.send(pictures)
	answer, err := call[picturesCall, Answer](ctx, s, method, asked, progress)
	if err == nil {
		s.sent.add(names)
	}
	return answer, err
}

// hasAll tells whether all the named pictures were sent. It returns false if there are no names.
func (s *sentPictures) hasAll(names []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !s.names[name] })
}

func (s *sentPictures) add(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 1 << 10
	if s.names == nil || len(s.names) > most {
		s.names = map[string]bool{}
	}
	for _, name := range names {
		s.names[name] = true
	}
}

// keptPictures holds the pictures that the last program has sent, the latest ones within a limit. Pictures of programs
// before it, such as earlier cells, are dropped: those programs have ended, or send their pictures again.
type keptPictures struct {
	mu    sync.Mutex
	order []keptPicture // the one that was used last at the end
}

type keptPicture struct {
	name    string
	picture image.Image
	bytes   int
}

const mostPictures = 256 << 20 // bytes of kept pictures

// request returns the call's request with its pictures. It keeps pictures that were sent, and looks up pictures that
// were only named.
func (k *keptPictures) request(c picturesCall) (ask.Request, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := c.Request
	if r.Pictures = c.whole; len(r.Pictures) > 0 {
		if len(c.Names) == len(r.Pictures) {
			for i, p := range r.Pictures {
				k.keep(c.Names[i], p)
			}
		}
		return r, nil
	}
	for _, name := range c.Names {
		at := slices.IndexFunc(k.order, func(p keptPicture) bool { return p.name == name })
		if at < 0 {
			return r, fault.Errorf(fault.ErrForgotten, "the engine does not have the picture any more")
		}
		p := k.order[at]
		k.order = append(slices.Delete(k.order, at, at+1), p)
		r.Pictures = append(r.Pictures, p.picture)
	}
	return r, nil
}

// keep keeps a picture. It forgets those of other programs, and those that were used longest ago if there are too many.
func (k *keptPictures) keep(name string, p image.Image) {
	var bytes int
	for _, plane := range planesOf(p) {
		bytes += len(plane)
	}
	of, _, _ := strings.Cut(name, " ")
	k.order = slices.DeleteFunc(k.order, func(p keptPicture) bool {
		return p.name == name || !strings.HasPrefix(p.name, of+" ")
	})
	k.order = append(k.order, keptPicture{name, p, bytes})
	total := 0
	for _, p := range k.order {
		total += p.bytes
	}
	for len(k.order) > 0 && total > mostPictures {
		total -= k.order[0].bytes
		k.order = slices.Delete(k.order, 0, 1)
	}
}
