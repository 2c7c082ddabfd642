#define _GNU_SOURCE
#include "CScheduling.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int cscheduling_set(int least_niceness, uint64_t turn) {
    errno = 0;
    int niceness = getpriority(PRIO_PROCESS, 0);
    if (niceness == -1 && errno != 0) return errno;
    if (niceness < least_niceness) niceness = least_niceness;
    struct sched_attr attributes = {
        .size = sizeof attributes,
        .sched_policy = SCHED_NORMAL,
        .sched_flags = SCHED_FLAG_RESET_ON_FORK,
        .sched_nice = niceness,
        .sched_runtime = turn,
    };
    return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? 0 : errno;
}
