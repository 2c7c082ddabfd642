/// How the kernel shares the processors among threads, as far as it needs a system call that the C library does not wrap.
#ifndef CSCHEDULING_H
#define CSCHEDULING_H

#include <stdint.h>

/// Sets the calling thread's niceness, which may only grow, and how long it runs, in nanoseconds (100,000 to 100,000,000), before another takes its turn;
/// threads with a shorter turn interrupt those with a longer one. Threads and processes that it starts later do not inherit the turn.
/// A kernel before 6.12 sets the niceness and takes no notice of the turn. Returns 0 or an errno.
int cscheduling_set(int least_niceness, uint64_t turn);

#endif
