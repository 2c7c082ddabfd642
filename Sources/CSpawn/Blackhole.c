#define _GNU_SOURCE
#include "CSpawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* Root may enter a network as it is; an ordinary user has power over it only inside the user namespace that owns it. */
static void enter_network(const char *path, volatile struct outcome *outcome) {
    int network = open(path, O_RDONLY | O_CLOEXEC);
    if (network < 0) fail(outcome, "open network namespace");
    if (setns(network, CLONE_NEWNET) == 0) return;
    int owner = ioctl(network, NS_GET_USERNS);
    if (owner < 0) fail(outcome, "find the owner of the network namespace");
    if (setns(owner, CLONE_NEWUSER) != 0) fail(outcome, "enter user namespace");
    if (setns(network, CLONE_NEWNET) != 0) fail(outcome, "enter network namespace");
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
    const char *path, const struct cspawn_network *networks, int count, volatile struct outcome *outcome
) {
    enter_network(path, outcome);
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
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Only a single-threaded process may change its user namespace: a child does it. */
    pid_t child = vfork();
    if (child == 0) run_child(path, networks, count, &outcome);
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

int cspawn_open_network(pid_t pid, int *network, int *owner) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
    *network = open(path, O_RDONLY | O_CLOEXEC);
    if (*network < 0) return errno;
    *owner = ioctl(*network, NS_GET_USERNS);
    if (*owner >= 0) return 0;
    int error = errno;
    close(*network);
    return error;
}
