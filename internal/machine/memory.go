// Package machine knows how much memory the process may use.
package machine

import (
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Memory is how many bytes this process may use: the least of what the machine has, its control group allows and, on
// Linux, the limit of its address space is. It is 0 if none is known.
var Memory = sync.OnceValue(func() int64 {
	least := uint64(0)
	for _, ask := range []memlimit.Provider{memlimit.FromCgroup, memlimit.FromSystem, addressSpace} {
		if limit, err := ask(); err == nil && limit > 0 && (least == 0 || limit < least) {
			least = limit
		}
	}
	return int64(min(least, 1<<62))
})
