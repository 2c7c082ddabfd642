/// Starting a child process with everything that has to be arranged between fork and exec,
/// and the two kernel interfaces (seccomp, routing netlink) that need C structures.
#ifndef CSPAWN_H
#define CSPAWN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A directory that the child sees at `target`, whatever the permissions on the way to `source` are.
struct cspawn_mount {
    const char *source;
    const char *target;
};

/// One soft-and-hard resource limit (`RLIMIT_…`).
struct cspawn_limit {
    int resource;
    uint64_t value;
};

/// What to start and how.
struct cspawn_request {
    const char *program;
    char *const *arguments;
    char *const *environment;
    /// The child's descriptor `i` is the caller's `descriptors[i]`; every other one is closed.
    const int *descriptors;
    int descriptor_count;
    /// Open `cgroup.procs` files of the control groups which the child joins before it runs.
    const int *group_descriptors;
    int group_count;
    const struct cspawn_limit *limits;
    int limit_count;
    /// NULL, or a directory which is covered, in a mount namespace of the child's own, by an empty file system
    /// on which `mounts` are attached. Needs CAP_SYS_ADMIN.
    const char *stage;
    const struct cspawn_mount *mounts;
    int mount_count;
};

/// Starts the child in a session of its own, which dies with the calling *thread*.
/// Returns 0, or an errno with the name of the step that failed in `failed_step`.
int cspawn_start(const struct cspawn_request *request, pid_t *pid, const char **failed_step);

/// Writes the system call filter of a worker (a classic BPF program, as `bwrap --seccomp` reads it) to `descriptor`.
/// Returns 0 or an errno; ENOTSUP on a machine whose system call numbers are not known here.
int cspawn_write_filter(int descriptor);

/// An IPv4 network, in host byte order.
struct cspawn_network {
    uint32_t address;
    uint8_t prefix;
};

/// Adds blackhole routes for `networks` in the network namespace of process `pid`. Returns 0 or an errno.
int cspawn_blackhole(pid_t pid, const struct cspawn_network *networks, int count, const char **failed_step);

/// Opens the network namespace of process `pid` and the user namespace that owns it, which need not be the one that the process
/// itself is in. Returns 0 or an errno.
int cspawn_open_network(pid_t pid, int *network, int *owner);

/// A pipe whose ends (reading, writing) are not inherited. Returns 0 or an errno.
int cspawn_pipe(int ends[2]);

/// A pair of connected stream sockets that are not inherited. Returns 0 or an errno.
int cspawn_socket_pair(int ends[2]);

/// 1 when the child `pid` has ended but was not waited for yet, 0 when it runs, -1 when there is no such child.
int cspawn_has_ended(pid_t pid);

#endif
