package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/resident"
)

func serveCommand() *cobra.Command {
	var inherited, whileStdin bool
	c := &cobra.Command{
		Use:   "serve SOCKET",
		Short: "Explain for other programs, which find the socket in " + driver.SocketEnv,
		Long: `Explain for other programs of the same user, and keep models and compiled programs in
memory, until interrupted. The other programs find it if ` + driver.SocketEnv + ` names the
socket. Nobody else may enter the socket's folder. The notebook kernel "Go (Grad-CAM)" runs
this for its cells.

` + engine.MemoryEnv + ` limits the memory, e.g. 500MB or 8GB (default 2GB). What has not been used for the longest
time is dropped first.`,
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) == 1) == inherited {
				return cli.Usagef("serve takes one argument, the socket to make")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			place.Program()
			ctx, cancel := context.WithCancel(c.Context())
			defer cancel()
			l, err := listener(inherited, args)
			if err != nil {
				return err
			}
			if whileStdin {
				go func() {
					_, _ = io.Copy(io.Discard, os.Stdin)
					removeSocket(l) // the process that made it may have been killed
					cancel()
				}()
			}
			return serve(ctx, l)
		},
	}
	c.Flags().BoolVar(&inherited, "inherited", false, "use the open file descriptor 3 as the socket")
	c.Flags().BoolVar(&whileStdin, "while-stdin", false, "end when the standard input is closed")
	return c
}

// listener returns the socket of the argument, or the one that this process has inherited.
func listener(inherited bool, args []string) (*net.UnixListener, error) {
	if !inherited {
		return resident.Listen(args[0])
	}
	l, err := net.FileListener(os.NewFile(3, "socket"))
	if err != nil {
		return nil, fmt.Errorf("taking over the socket: %w", err)
	}
	u, ok := l.(*net.UnixListener)
	if !ok {
		return nil, errors.New("taking over the socket: file 3 is no unix socket")
	}
	u.SetUnlinkOnClose(false)
	return u, nil
}

// removeSocket removes a socket and the folder that was made for it.
func removeSocket(l *net.UnixListener) {
	socket := l.Addr().String()
	_ = os.Remove(socket)
	_ = os.Remove(filepath.Dir(socket)) // which fails if it holds anything else
}

// serve answers calls until ctx ends. It starts the default backend at once, while the user still types.
func serve(ctx context.Context, l *net.UnixListener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // which ends Serve
	defer stop()
	return driver.Serve(l, func(backend string, say io.Writer) driver.Engine {
		e := engine.NewSaying(backend, say)
		e.GiveBackAfter(time.Minute)
		if backend == "" {
			e.AnswerWhileCompiling()
			go func() { _ = e.Start() }() // a call for an explanation returns the error
		}
		return e
	})
}
