"""What machine this is, and how busy it is with other things."""

import os
import platform
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_CORES = 0.15
QUIET_SECONDS = 0.2
PATIENCE_SECONDS = 6.0


def version_of(*command):
    """The first line that a program prints of its version; empty when it is not there."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        return ""
    return ((result.stdout or result.stderr).strip().splitlines() or [""])[0]


def facts():
    cpu = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return {
        "cpu": cpu[0] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.split()[1]) / 2**20, 1),
        "kernel": platform.release(),
        "system": release.get("PRETTY_NAME", "").strip('"'),
        "node": version_of("node", "--version"),
        "swift": version_of("swift", "--version"),
        "nginx": version_of("nginx", "-v"),
        "wrk": version_of("wrk", "-v"),
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
    }


def busy_seconds():
    """The CPU seconds that all processes of the machine have used."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _wait, interrupts, soft, _stolen = fields
    return (user + nice + system + interrupts + soft) / TICKS


def wait_until_quiet(own_seconds):
    """Waits, within reason, until other processes use little CPU. `own_seconds` tells what the benchmark itself used."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        busy, own, began = busy_seconds(), own_seconds(), time.monotonic()
        time.sleep(QUIET_SECONDS)
        used = (busy_seconds() - busy) - (own_seconds() - own)
        if used / (time.monotonic() - began) < QUIET_CORES:
            return
