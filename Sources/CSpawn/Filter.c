#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#define FOREIGN_NUMBERS 0x40000000u /* x32: the same calls under other numbers */
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#define FOREIGN_NUMBERS 0xffffffffu
#endif

#ifdef NATIVE_ARCHITECTURE
/* What no cloud function needs and what kernel holes have most often been reached through. */
static const int refused[] = {
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns,
#ifdef SYS_open_tree
    SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key,
    SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_acct, SYS_quotactl, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_personality, SYS_vhangup,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};

/* Answered as if the kernel did not have them, so that the caller falls back: clone3 hides its flags behind a pointer
 * which a filter cannot follow, and libuv does without io_uring. */
static const int unknown[] = {
#ifdef SYS_clone3
    SYS_clone3,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
};

#define COUNT(list) (sizeof(list) / sizeof(list[0]))
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define REFUSE ANSWER(SECCOMP_RET_ERRNO | EPERM)

static size_t answer_calls(struct sock_filter *at, const int *calls, size_t count, int error) {
    for (size_t i = 0; i < count; i++) {
        at[2 * i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        at[2 * i + 1] = (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | (unsigned)error);
    }
    return 2 * count;
}

int cspawn_write_filter(int descriptor) {
    struct sock_filter program[2 * (COUNT(refused) + COUNT(unknown)) + 32];
    size_t length = 0;
    const unsigned new_namespaces =
        CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    const struct sock_filter head[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
        ANSWER(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_NUMBERS, 0, 1),
        REFUSE,
    };
    for (size_t i = 0; i < COUNT(head); i++) program[length++] = head[i];
    length += answer_calls(program + length, refused, COUNT(refused), EPERM);
    length += answer_calls(program + length, unknown, COUNT(unknown), ENOSYS);
    const struct sock_filter tail[] = {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, new_namespaces, 0, 5),
        REFUSE,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
        LOAD(args[1]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 0, 1),
        REFUSE,
        ANSWER(SECCOMP_RET_ALLOW),
    };
    for (size_t i = 0; i < COUNT(tail); i++) program[length++] = tail[i];
    const ssize_t size = (ssize_t)(length * sizeof(struct sock_filter));
    ssize_t written = write(descriptor, program, (size_t)size);
    return written == size ? 0 : (written < 0 ? errno : EIO);
}
#else
int cspawn_write_filter(int descriptor) {
    (void)descriptor;
    return ENOTSUP;
}
#endif
