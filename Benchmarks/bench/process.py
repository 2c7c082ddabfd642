"""A server under measurement: started, watched through /proc, and ended by its process id."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.machine import TICKS

# Loopback addresses are never asked of a proxy.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
START_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    """Whether a GET of `url` answers 200 now."""
    try:
        with _opener.open(url, timeout=1) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Process:
    """A server process and whatever it starts."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.log = Path(log)
        self.began = time.monotonic()
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
            )

    @property
    def pid(self):
        return self.popen.pid

    def wait_for(self, url):
        """Waits until `url` answers 200; the seconds since the start."""
        while time.monotonic() - self.began < START_SECONDS:
            if answers(url):
                return time.monotonic() - self.began
            if self.popen.poll() is not None:
                break
            time.sleep(0.001)
        raise RuntimeError(f"{self.name} did not answer {url}:\n{self.log.read_text(errors='replace')[-2000:]}")

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def tree(self):
        """This process and every one below it."""
        children = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            fields = stat_fields(status)
            if fields:
                children.setdefault(int(fields[1]), []).append(int(status.parent.name))
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found

    def cpu_seconds(self):
        """CPU time of the whole tree, with that of children that have ended."""
        total = 0
        for pid in self.tree():
            fields = stat_fields(Path(f"/proc/{pid}/stat"))
            if fields:
                total += sum(int(ticks) for ticks in fields[11:15])
        return total / TICKS

    def rss_mb(self, pid=None):
        return memory_mb(pid or self.pid)

    def forget_peak(self):
        """Lets the peak of resident memory begin anew at what is resident now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_rss_mb(self):
        """The most memory that was resident since the start or since `forget_peak`."""
        return memory_mb(self.pid, "VmHWM")

    def children_rss_mb(self):
        return sum(memory_mb(pid) for pid in self.tree() if pid != self.pid)


def stat_fields(path):
    """The fields of a /proc/PID/stat after the name; None when the process has ended."""
    try:
        return path.read_text(errors="replace").rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def memory_mb(pid, which="VmRSS"):
    """Resident memory now (or at its peak, VmHWM), in MB of 10^6 bytes; 0 when the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    sizes = [int(line.split()[1]) for line in lines if line.startswith(which)]
    return round(sizes[0] * 1024 / 1e6, 1) if sizes else 0.0
