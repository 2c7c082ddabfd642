#define _GNU_SOURCE
#include "CSpawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
    int error;
    const char *step;
};

static void fail(volatile struct outcome *outcome, const char *step) {
    outcome->error = errno;
    outcome->step = step;
    _exit(1);
}

static void enter(const char *path, int kind, int required, volatile struct outcome *outcome) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        if (required) fail(outcome, "open namespace");
        return;
    }
    if (setns(descriptor, kind) != 0 && required) fail(outcome, "enter namespace");
    close(descriptor);
}

/* Asks the kernel for one route whose packets are dropped, and waits for its answer. */
static int add_route(int netlink, const struct cspawn_network *network) {
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
        struct rtattr attribute;
        uint32_t address;
    } message;
    memset(&message, 0, sizeof message);
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = RTM_NEWROUTE;
    message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
    message.route.rtm_family = AF_INET;
    message.route.rtm_dst_len = network->prefix;
    message.route.rtm_table = RT_TABLE_MAIN;
    message.route.rtm_protocol = RTPROT_STATIC;
    message.route.rtm_scope = RT_SCOPE_UNIVERSE;
    message.route.rtm_type = RTN_BLACKHOLE;
    message.attribute.rta_type = RTA_DST;
    message.attribute.rta_len = RTA_LENGTH(sizeof(uint32_t));
    message.address = htonl(network->address);
    if (send(netlink, &message, sizeof message, 0) < 0) return errno;
    char answer[1024] __attribute__((aligned(8)));
    ssize_t length = recv(netlink, answer, sizeof answer, 0);
    if (length < 0) return errno;
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if (!NLMSG_OK(header, (size_t)length) || header->nlmsg_type != NLMSG_ERROR) return EPROTO;
    return -((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static void __attribute__((noinline, noreturn)) run_child(
    const char *user_path, const char *net_path, const struct cspawn_network *networks, int count, volatile struct outcome *outcome
) {
    /* An ordinary user has power over the network only inside the user namespace; root may lack the right to enter that. */
    enter(user_path, CLONE_NEWUSER, 0, outcome);
    enter(net_path, CLONE_NEWNET, 1, outcome);
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0) fail(outcome, "netlink");
    for (int i = 0; i < count; i++) {
        int error = add_route(netlink, &networks[i]);
        if (error != 0 && error != EEXIST) {
            errno = error;
            fail(outcome, "add route");
        }
    }
    _exit(0);
}

int cspawn_blackhole(pid_t pid, const struct cspawn_network *networks, int count, const char **failed_step) {
    volatile struct outcome outcome = {0, NULL};
    char user_path[64], net_path[64];
    snprintf(user_path, sizeof user_path, "/proc/%d/ns/user", pid);
    snprintf(net_path, sizeof net_path, "/proc/%d/ns/net", pid);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Only a single-threaded process may change its user namespace: a child does it. */
    pid_t child = vfork();
    if (child == 0) run_child(user_path, net_path, networks, count, &outcome);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child < 0) {
        *failed_step = "fork";
        return fork_error;
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (outcome.error != 0) {
        *failed_step = outcome.step;
        return outcome.error;
    }
    return 0;
}
