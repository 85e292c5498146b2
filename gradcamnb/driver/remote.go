package driver

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/notebook"
	"github.com/gradcam-go/gradcam/internal/resident"
)

// SocketEnv is the name of the environment variable with the socket of the kernel's resident engine; see [Serve].
const SocketEnv = "GRADCAMNB_SOCKET"

// remoteCall is a message to the resident engine: a model and what to do with it. Every call names the model anew, so
// an engine that was restarted opens it again.
type remoteCall[Args any] struct {
	Ref     string
	Backend string // that this program's GOMLX_BACKEND names
	SHA256  string // of the file that the program has seen; empty when it opens it
	Listens bool   // to progress
	Counts  bool   // of it, to the counts only
	Args    Args
}

// Blocks returns those of the arguments; see [resident.Large].
func (c *remoteCall[Args]) Blocks() ([][]byte, error) {
	if large, ok := any(&c.Args).(resident.Large); ok {
		return large.Blocks()
	}
	return nil, nil
}

// noArguments is the empty argument list.
type noArguments struct{}

// wireTypes returns a text that differs if an engine has another version of the messages' types; see [resident.Types].
var wireTypes = sync.OnceValue(func() string {
	return resident.Types(remoteCall[ask.Request]{}, remoteCall[picturesCall]{}, []*heatmap.Result{}, ask.Progress{},
		ask.Info{}, []ask.Layer{},
		[]heatmap.Detection{})
})

// remoteEngine is the resident engine of the kernel that this cell runs in.
type remoteEngine struct{ client resident.Client }

func newRemoteEngine(socket string) remoteEngine {
	return remoteEngine{resident.Client{Socket: socket, Types: wireTypes(), Say: notebook.Say}}
}

func (e remoteEngine) OpenContext(ctx context.Context, ref string) (Session, error) {
	ref, err := resolveRef(ref)
	if err != nil {
		return nil, err
	}
	s := &remote{client: e.client, ref: ref}
	s.info, err = call[noArguments, ask.Info](ctx, s, "Info", noArguments{}, nil)
	return s, err
}

// answers returns an error if the engine cannot be reached or has another version. It calls a method that no engine
// has.
func (e remoteEngine) answers() error {
	_, err := resident.Call[noArguments, noArguments, noArguments](
		context.Background(), e.client, "none", noArguments{}, nil)
	return err
}

// resolveRef makes a path absolute, since the engine runs in another folder. Addresses, such as hf://, stay as they
// are.
func resolveRef(ref string) (string, error) {
	if strings.Contains(ref, "://") {
		return ref, nil
	}
	path, err := filepath.Abs(ref)
	if err != nil {
		return "", fmt.Errorf("opening the model: %w", err)
	}
	return path, nil
}

// remote is a model that is open in the resident engine.
type remote struct {
	client resident.Client
	ref    string
	info   ask.Info
	sent   sentPictures
}

// call asks the engine to run a method of a [Session] and returns the answer. A new method of Session needs one call
// here and one line in [Serve].
func call[Args, Answer any](ctx context.Context, s *remote, method string, args Args,
	progress func(ask.Progress)) (Answer, error) {
	a := remoteCall[Args]{Ref: s.ref, Backend: os.Getenv("GOMLX_BACKEND"), SHA256: s.info.SHA256, Listens: progress != nil,
		Args: args}
	if c, ok := any(args).(picturesCall); ok {
		a.Counts = c.Request.OnlyCounts
	}
	answer, err := resident.Call[remoteCall[Args], ask.Progress, Answer](ctx, s.client, method, a, progress)
	var none *resident.UnavailableError
	switch {
	case errors.As(err, &none):
		return answer, fmt.Errorf("the kernel's engine cannot be used: %w; restart the kernel", err)
	case errors.Is(err, resident.ErrLost):
		return answer, fmt.Errorf(
			"%w: it was killed, crashed or ran out of memory; a new one is being started: run the cell again", err)
	}
	return answer, err
}

func (s *remote) Info() ask.Info { return s.info }

func (s *remote) Layers(ctx context.Context, r ask.Request) ([]ask.Layer, error) {
	return call[ask.Request, []ask.Layer](ctx, s, "Layers", r.WithoutPictures(), nil)
}

func (s *remote) Explain(ctx context.Context, r ask.Request) ([]*heatmap.Result, error) {
	pictures := r.Pictures
	results, err := callAbout[[]*heatmap.Result](ctx, s, "Explain", r, addPictures(pictures, r.Progress))
	restorePictures(results, pictures)
	return results, err
}

// Detect returns what a detector finds.
func (s *remote) Detect(ctx context.Context, r ask.Request) ([][]heatmap.Detection, error) {
	return callAbout[[][]heatmap.Detection](ctx, s, "Detect", r, nil)
}

// addPictures wraps progress so that the partial results it gets hold their pictures.
func addPictures(pictures []image.Image, progress func(ask.Progress)) func(ask.Progress) {
	if progress == nil {
		return nil
	}
	return func(p ask.Progress) {
		restorePictures(p.Partial, pictures)
		progress(p)
	}
}

// restorePictures gives results the pictures that they did not bring back; see
// [dropPictures].
func restorePictures(results []*heatmap.Result, pictures []image.Image) {
	for i, r := range results {
		if i < len(pictures) && r.Picture == nil {
			r.Picture = pictures[i]
		}
	}
}

// makeSendable returns pictures as they cross the socket. They keep their alpha if the model has 2 or 4 channels.
func (s *remote) makeSendable(pictures []image.Image) []image.Image {
	out := make([]image.Image, len(pictures))
	for i, p := range pictures {
		if n := s.info.Channels(); n == 2 || n == 4 {
			p = imgio.Straight(p)
		}
		out[i] = sendable(p)
	}
	return out
}

// sendable returns a picture as a type that the engine knows. It copies a picture of any other type, with 16 bits a
// channel.
func sendable(p image.Image) image.Image {
	switch p.(type) {
	case nil, *image.NRGBA, *image.RGBA, *image.NRGBA64, *image.RGBA64, *image.Gray, *image.Gray16, *image.YCbCr,
		*image.CMYK:
		return p
	}
	out := image.NewNRGBA64(p.Bounds())
	draw.Draw(out, out.Bounds(), p, p.Bounds().Min, draw.Src)
	return out
}
