"""What SQLite alone can insert on this machine, without a server around it."""

import json
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "peers" / "sqlite-ceiling.c"
ROWS_PER_TRANSACTION = 64


class Ceiling:
    """A program of one thread that inserts the documents of the insert case in durable transactions."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.program = self.folder / "sqlite-ceiling"
        # It comes with Swift.
        subprocess.run(["clang", "-O2", "-o", self.program, SOURCE, "-lsqlite3"], check=True)

    def run(self, seconds, has_log):
        """Rows a second, in a new file each time."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            command = [self.program, Path(folder) / "ceiling.db", str(seconds), str(ROWS_PER_TRANSACTION), str(int(has_log))]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return answer["rows"] / answer["seconds"]
