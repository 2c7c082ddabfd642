"""A host outside this machine: a network namespace behind a cable of its own, with a web server on every address of it."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

GREETING = "hello from outside"
PORT = 8080
# The machine's end of the cable, and the host's. The first network is one for documentation, which counts as public.
NEAR = ("203.0.113.1", "10.213.0.1")
PUBLIC = "203.0.113.2"
NEIGHBOUR = "10.213.0.2"
# Where clouds answer who a machine is and what its secrets are.
METADATA = "169.254.169.254"

# Refuses every proxy that the environment names: these addresses are this machine's own.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def why_not():
    """Why such a host cannot be made here; `None` where it can."""
    if os.geteuid() != 0:
        return "only root can lay a cable between network namespaces"
    missing = [name for name in ("ip", "unshare", "slirp4netns", "bwrap") if not shutil.which(name)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun, which slirp4netns needs"
    if os.stat("/dev/net/tun").st_mode & 0o006 != 0o006:
        return "only root may use /dev/net/tun, and slirp4netns runs as the user of its worker"
    probe = f"sampan-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"network namespaces cannot be made: {made.stderr.strip()}"
    ip("netns", "del", probe)
    return None


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextmanager
def outside_host(folder):
    """Lays the cable, starts the host, and removes both."""
    name, near, far = f"sampan-{os.getpid()}", f"sn{os.getpid()}", f"sf{os.getpid()}"
    (folder / "greeting").write_text(GREETING, encoding="utf-8")
    ip("netns", "add", name)
    try:
        ip("link", "add", near, "type", "veth", "peer", "name", far)
        ip("link", "set", far, "netns", name)
        for address in NEAR:
            ip("addr", "add", f"{address}/30", "dev", near)
        ip("link", "set", near, "up")
        for address in (f"{PUBLIC}/30", f"{NEIGHBOUR}/30", f"{METADATA}/32"):
            ip("-n", name, "addr", "add", address, "dev", far)
        ip("-n", name, "link", "set", far, "up")
        ip("route", "replace", f"{METADATA}/32", "dev", near)
        with web_server(folder, "0.0.0.0", "ip", "netns", "exec", name):
            wait_for(PUBLIC)
            yield
    finally:
        # The cable goes with the namespace that one end of it lies in.
        ip("netns", "del", name)


@contextmanager
def web_server(folder, address, *inside):
    """Serves the greeting on `address`, by default in this machine's own network."""
    command = [*inside, sys.executable, "-m", "http.server", str(PORT), "--bind", address, "--directory", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def greeting(address):
    """What the machine itself gets from an address."""
    with DIRECT.open(f"http://{address}:{PORT}/greeting", timeout=2) as answer:
        return answer.read().decode()


def wait_for(address, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return greeting(address)
        except (OSError, urllib.error.URLError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Resolver:
    """A name server at one address of this machine: it knows one name, and also answers on a port where none should ask."""

    address = "127.53.53.53"
    name = "outside.test"
    other_port = 8053

    def __enter__(self):
        self.sockets = [self.listen(port) for port in (53, self.other_port)]
        for each in self.sockets:
            threading.Thread(target=self.serve, args=(each,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()

    def listen(self, port):
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((self.address, port))
        return listener

    def serve(self, listener):
        while True:
            try:
                question, sender = listener.recvfrom(512)
            except OSError:
                return  # closed: the test is over
            listener.sendto(self.answer(question), sender)

    def answer(self, question):
        """The question with the one address where it is asked for, without any answer where it is not (RFC 1035, 4.1)."""
        end = question.index(b"\0", 12) + 5
        name, kind = question[12 : end - 4], question[end - 4 : end - 2]
        wanted = b"".join(bytes([len(part)]) + part.encode() for part in self.name.split(".")) + b"\0"
        found = name == wanted and kind == b"\0\1"
        head = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if found else b"\0\0") + b"\0\0\0\0"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\x04" + socket.inet_aton(PUBLIC) if found else b""
        return head + question[12:end] + record
