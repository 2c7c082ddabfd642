"""A real server process: started on a free port with a data folder of its own, watched and ended by its process id."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 20


def program():
    """The program under test: `SAMPAN_BIN`, otherwise the debug build of this checkout."""
    path = Path(os.environ.get("SAMPAN_BIN") or ROOT / ".build" / "debug" / "sampan")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: run `swift build --product sampan`, or set SAMPAN_BIN")
    return path


def plain_environment(**more):
    """An environment without anything of the person's who runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **more}


class Server:
    """One `sampan serve`. `start` waits until it listens; `kill` is SIGKILL; `stop` is what an operator does.

    `prefix` is a command that prepares something and becomes the server by `exec`.
    """

    def __init__(self, folder, *arguments, prefix=(), variables=None):
        self.prefix = prefix
        self.variables = variables or {}
        self.data = Path(folder) / "data"
        self.log = Path(folder) / "server.log"
        self.arguments = arguments
        self.port = 0
        self.process = None
        self.listening = {}

    def start(self):
        output = self.log.with_suffix(".out")
        command = [
            *self.prefix, program(), "serve", "--json", "--data", self.data, "--host", "127.0.0.1", "--port", str(self.port),
            *self.arguments,
        ]  # fmt: skip
        with output.open("wb") as standard_output, self.log.open("ab") as standard_error:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=standard_output, stderr=standard_error, env=plain_environment(**self.variables)
            )
        self.listening = self._wait_for_line(output)
        self.port = int(self.address.rsplit(":", 1)[1])
        return self

    def _wait_for_line(self, output):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in output.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
                if line.endswith("\n") and '"listening"' in line:
                    return json.loads(line)
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        state = self.process.poll()
        self.kill()
        said = output.read_text(errors="replace") + self.log.read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the server did not start (exit code {state}):\n{said}")

    @property
    def address(self):
        return self.listening["address"]

    @property
    def operator_key(self):
        return (self.data / "operator.key").read_text(encoding="utf-8").strip()

    def kill(self):
        """SIGKILL, as a power cut for this process."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """Ends the server in good order; answers its exit code."""
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"the server did not stop within {STOP_SECONDS} s of SIGTERM") from None
        return self.process.returncode

    def workers(self):
        """The process ids below the server that run Node.js."""
        return [pid for pid in descendants(self.process.pid) if command_line(pid).split("/")[-1].startswith("node")]


def command_line(pid):
    """The program that a process runs; empty when the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descendants(root):
    """Every process below `root`, read from /proc."""
    children = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(errors="replace").rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while the folder was read
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
