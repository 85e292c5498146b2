//go:build cgo && linux && !noxla

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define KEPT (1 << 30)

/*
 * Has the memory that comes next be of huge pages, where the system lets a process ask for
 * them. It is taken and freed again, below what would be given back, and no page of it is
 * touched: it costs addresses only.
 */
static void ask_for_huge_pages(void) {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
	const uintptr_t huge = 2 << 20;
	const size_t size = KEPT - 64 * huge;
	char *p = malloc(size);
	if (p == NULL)
		return;
	uintptr_t from = ((uintptr_t)p + huge - 1) / huge * huge;
	madvise((void *)from, size - huge, MADV_HUGEPAGE); /* where it fails, pages are small */
	free(p);
#endif
}

/*
 * The C library keeps the memory that XLA frees for its next run.
 *
 * A program's buffers are allocated and freed at every call, and by default glibc maps
 * and unmaps large ones, so that the kernel clears every page anew: a tenth of the time
 * of ResNet-50 in a batch of 8, a quarter of EfficientNet-Lite0's. What lies free beyond
 * 1 GiB is given back.
 *
 * This must run before the first thread starts: a thread with an arena of its own maps its
 * large blocks whatever the settings are. Nothing is done if the user has set GLIBC_TUNABLES.
 */
__attribute__((constructor)) static void keep_memory(void) {
#ifdef __GLIBC__
	if (getenv("GLIBC_TUNABLES") != NULL)
		return;
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, KEPT);
	ask_for_huge_pages();
#endif
}

/*
 * Gives back the pages that lie free. In many runs small blocks come to lie within what a
 * large one left, so that the next large one is put at the end: RISE's memory grew by
 * 300 MB from 1,000 to 5,000 masks.
 */
void gradcam_trim_memory(void) {
#ifdef __GLIBC__
	malloc_trim(0);
	if (getenv("GLIBC_TUNABLES") == NULL)
		ask_for_huge_pages();
#endif
}
