"""A Redis that syncs each write before it answers, and its own generator over raw TCP."""

import csv
import io
import subprocess
from pathlib import Path

from bench.process import free_port

SCRIPT = Path(__file__).resolve().parents[1] / "peers" / "claim.lua"
STOCK = 1_000_000_000
USERS = 1_000_000_000


class Redis:
    """One server in a folder of its own."""

    def __init__(self, folder):
        self.port = free_port()
        folder = Path(folder) / "redis"
        folder.mkdir()
        command = [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes",
            "--appendfsync", "always", "--save", "", "--daemonize", "no",
        ]  # fmt: skip
        self.popen = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.ask("--no-raw", "PING", waits=True)
        self.script = self.ask("SCRIPT", "LOAD", SCRIPT.read_text(encoding="utf-8"))

    def ask(self, *words, waits=False):
        for _ in range(100 if waits else 1):
            done = subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True, check=False)
            if done.returncode == 0 and "refused" not in done.stderr + done.stdout:
                return done.stdout.strip()
        raise RuntimeError(f"redis-cli {words[0]}: {done.stdout}{done.stderr}")

    def claims(self, connections, count):
        """Claims a second, and the 99th percentile in ms, of `count` claims on one new coupon."""
        for key in ("stock", "users", "ledger"):
            self.ask("DEL", key)
        self.ask("SET", "stock", str(STOCK))
        command = [
            "redis-benchmark", "-p", str(self.port), "-c", str(connections), "-n", str(count), "-r", str(USERS), "--csv",
            "EVALSHA", self.script, "3", "stock", "users", "ledger", "__rand_int__",
        ]  # fmt: skip
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        row = next(csv.DictReader(io.StringIO(answer)))
        given = STOCK - int(self.ask("GET", "stock"))
        if given != int(self.ask("XLEN", "ledger")):
            raise RuntimeError("Redis gave other numbers of coupons than it wrote down")
        return {"per_second": float(row["rps"]), "p50_ms": float(row["p50_latency_ms"]), "p99_ms": float(row["p99_latency_ms"])}

    def stop(self):
        self.popen.terminate()
        self.popen.wait()
