"""A PostgreSQL of its own, as the tests have it, with the configuration that it comes with."""

import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "with-postgres.sh"
END_OF_ANSWER = "end-of-answer"


class Postgres:
    """One server, gone with everything in it when it is stopped."""

    def __init__(self):
        # `cat` ends, and the server with it, when its input is closed.
        self.popen = subprocess.Popen(
            [SCRIPT, "bash", "-c", 'echo "$SAMPAN_TEST_POSTGRES"; exec cat'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.url = self.popen.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("PostgreSQL is not installed: run scripts/setup.sh test")
        self.shell = None

    def make_database(self, name):
        """Answers the URL of a new database."""
        self.query(f"CREATE DATABASE {name}")
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def query(self, sql):
        """Runs statements in a kept session; answers the lines that they answer."""
        if self.shell is None:
            command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", self.url]
            self.shell = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.shell.stdin.write(f"{sql};\n\\echo {END_OF_ANSWER}\n")
        self.shell.stdin.flush()
        return list(iter(self._line, END_OF_ANSWER))

    def _line(self):
        line = self.shell.stdout.readline()
        if not line:
            raise RuntimeError("psql has ended: a statement failed")
        return line.rstrip("\n")

    def copy(self, table_and_columns, lines):
        """Loads rows from lines in PostgreSQL's text format."""
        command = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", f"COPY {table_and_columns} FROM STDIN", self.url]
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as loader:
            for line in lines:
                loader.stdin.write(line + "\n")
        if loader.returncode:
            raise RuntimeError(f"psql could not load {table_and_columns}")

    def timed(self, sql):
        """The milliseconds that a query takes, as its client waits, and its lines."""
        began = time.perf_counter()
        lines = self.query(sql)
        return (time.perf_counter() - began) * 1000, lines

    def stop(self):
        if self.shell:
            self.shell.stdin.close()
            self.shell.wait()
        self.popen.stdin.close()
        self.popen.wait()
