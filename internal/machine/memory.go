// Package machine tells how much memory the process may use, and whether the processor's vector instructions are used.
package machine

import (
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Memory returns how many bytes this process may use. It is the least of the machine's memory, the limit of its control
// group and, on Linux, the limit of its address space; 0 if none is known.
var Memory = sync.OnceValue(func() int64 {
	least := uint64(0)
	for _, ask := range []memlimit.Provider{memlimit.FromCgroup, memlimit.FromSystem, addressSpace} {
		if limit, err := ask(); err == nil && limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return int64(min(least, 1<<62))
})
