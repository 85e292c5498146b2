package resident

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// sameUser checks that the other side is a process of this user (unix(7), SO_PEERCRED).
func sameUser(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("asking who is on the other side: %w", err)
	}
	var peer *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil || failed != nil {
		return fmt.Errorf("asking who is on the other side: %w", errors.Join(err, failed))
	}
	if int(peer.Uid) != os.Getuid() {
		return errors.New("it belongs to another user")
	}
	return nil
}
