#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child borrows the caller's memory until it runs its program (vfork): a server with a large heap does not pay for
 * a copy of its page tables. So between vfork and exec nothing below may allocate, lock or touch shared state other
 * than this record, through which a failure is reported. */
struct outcome {
    int error;
    const char *step;
};

static void fail(volatile struct outcome *outcome, const char *step) {
    outcome->error = errno;
    outcome->step = step;
    _exit(127);
}

static void join_groups(const struct cspawn_request *request, volatile struct outcome *outcome) {
    for (int i = 0; i < request->group_count; i++)
        if (write(request->group_descriptors[i], "0", 1) != 1) fail(outcome, "join control group");
}

static void apply_limits(const struct cspawn_request *request, volatile struct outcome *outcome) {
    for (int i = 0; i < request->limit_count; i++) {
        struct rlimit limit = {.rlim_cur = request->limits[i].value, .rlim_max = request->limits[i].value};
        if (setrlimit((__rlimit_resource_t)request->limits[i].resource, &limit) != 0) fail(outcome, "set resource limit");
    }
}

/* Sources are opened before the stage is covered, because they may lie under it. */
static void build_stage(const struct cspawn_request *request, volatile struct outcome *outcome) {
    enum { mounts_max = 32 };
    int sources[mounts_max];
    char link[64];
    if (request->mount_count > mounts_max) { errno = E2BIG; fail(outcome, "stage"); }
    if (unshare(CLONE_NEWNS) != 0) fail(outcome, "unshare mounts");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail(outcome, "make mounts private");
    for (int i = 0; i < request->mount_count; i++) {
        sources[i] = open(request->mounts[i].source, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (sources[i] < 0) fail(outcome, request->mounts[i].source);
    }
    if (mount("stage", request->stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m") != 0) fail(outcome, "mount stage");
    for (int i = 0; i < request->mount_count; i++) {
        if (mkdir(request->mounts[i].target, 0755) != 0) fail(outcome, request->mounts[i].target);
        snprintf(link, sizeof link, "/proc/self/fd/%d", sources[i]);
        if (mount(link, request->mounts[i].target, NULL, MS_BIND | MS_REC, NULL) != 0) fail(outcome, "mount on stage");
        close(sources[i]);
    }
}

/* First out of the way of the numbers to come, then to their places: a direct dup2 could overwrite one still needed. */
static void place_descriptors(const struct cspawn_request *request, volatile struct outcome *outcome) {
    enum { descriptors_max = 16, out_of_the_way = 32 };
    int moved[descriptors_max];
    if (request->descriptor_count > descriptors_max) { errno = E2BIG; fail(outcome, "descriptors"); }
    for (int i = 0; i < request->descriptor_count; i++) {
        moved[i] = fcntl(request->descriptors[i], F_DUPFD, out_of_the_way);
        if (moved[i] < 0) fail(outcome, "move descriptor");
    }
    for (int i = 0; i < request->descriptor_count; i++)
        if (dup2(moved[i], i) < 0) fail(outcome, "place descriptor");
    if (syscall(SYS_close_range, request->descriptor_count, ~0U, 0) != 0) fail(outcome, "close descriptors");
}

static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal_number = 1; signal_number < NSIG; signal_number++) sigaction(signal_number, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noinline, noreturn)) run_child(
    const struct cspawn_request *request, pid_t parent, volatile struct outcome *outcome
) {
    setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(outcome, "bind to parent");
    if (getppid() != parent) _exit(127);
    join_groups(request, outcome);
    if (request->stage) build_stage(request, outcome);
    if (chdir("/") != 0) fail(outcome, "change directory");
    place_descriptors(request, outcome);
    /* After the descriptors: their temporary numbers may lie above the new limit of open files. */
    apply_limits(request, outcome);
    reset_signals();
    execve(request->program, request->arguments, request->environment);
    fail(outcome, request->program);
    _exit(127);
}

int cspawn_start(const struct cspawn_request *request, pid_t *pid, const char **failed_step) {
    volatile struct outcome outcome = {0, NULL};
    sigset_t all, before;
    pid_t parent = getpid();
    /* A handler of the caller must not run in the child while both share memory. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = vfork();
    if (child == 0) run_child(request, parent, &outcome);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child < 0) {
        *failed_step = "fork";
        return fork_error;
    }
    if (outcome.error != 0) {
        waitpid(child, NULL, 0);
        *failed_step = outcome.step;
        return outcome.error;
    }
    *pid = child;
    return 0;
}

int cspawn_has_ended(pid_t pid) {
    siginfo_t information = {0};
    if (waitid(P_PID, (id_t)pid, &information, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    return information.si_pid == pid ? 1 : 0;
}

int cspawn_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

int cspawn_socket_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno; }
