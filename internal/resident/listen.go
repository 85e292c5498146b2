package resident

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gradcam-go/gradcam/internal/private"
)

// Listen makes a socket in a folder that only the user may enter. It removes a socket that an ended server has left,
// but not one at which a server answers.
func Listen(socket string) (*net.UnixListener, error) {
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the socket: %w", err)
	}
	info, err := os.Stat(filepath.Dir(socket))
	if err != nil {
		return nil, fmt.Errorf("the folder of the socket: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the folder of the socket, %s, is open to others: name a socket in a folder with the mode 0700", filepath.Dir(socket))
	}
	if err := private.Check(filepath.Dir(socket)); err != nil {
		return nil, fmt.Errorf("the folder of the socket: %w", err)
	}
	if info, err := os.Lstat(socket); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("%s is there already and is no socket: name another one", socket)
		}
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close() // nothing was sent
		}
		if !errors.Is(err, syscall.ECONNREFUSED) { // else a server is there, perhaps with too many callers in its queue
			return nil, fmt.Errorf("another engine answers at %s: name another socket", socket)
		}
		if err := os.Remove(socket); err != nil {
			return nil, fmt.Errorf("removing the socket that an ended engine left: %w", err)
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("making the socket: %w", err)
	}
	return l, nil
}
