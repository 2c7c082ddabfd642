"""Pages of a mini program, run in Node with the client SDK in the place of `wx.cloud` (see mini_program.js)."""

import json
import subprocess
from pathlib import Path

from harness.admin import wait_until
from harness.server import plain_environment

SCRIPT = Path(__file__).with_name("mini_program.js")


class MiniProgram:
    """One user's phone, so to say. `log` takes what the pages write to the console."""

    def __init__(self, folder, environment, user, log, **settings):
        settings = {"env": environment.id, "endpoint": environment.address, "user": user, **settings}
        self.log = log.open("wb")
        self.process = subprocess.Popen(
            ["node", SCRIPT, folder, json.dumps(settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            env=plain_environment(), text=True, encoding="utf-8",
        )  # fmt: skip
        self.ask(launch=True)

    def ask(self, **command):
        """Sends one command and answers what it answered; an error of the page fails the test."""
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the mini program ended: {Path(self.log.name).read_text(encoding='utf-8')[-4000:]}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["data"]

    def open(self, page, **query):
        return self.ask(page=page, query=query)

    def put(self, component, name=None, **bind):
        """A component in the last page; `bind` says which of the page's data its markup gives to which property."""
        return self.ask(component=component, bind=bind, id=name)

    def call(self, method, *arguments, of=None, module=None):
        return self.ask(call=method, **{"with": arguments}, of=of, module=module)

    def set(self, of=None, **data):
        return self.ask(set=data, of=of)

    def data(self, of=None):
        return self.ask(data=True, of=of)

    def shown(self):
        return self.ask(shown=True)

    def app(self, name):
        return self.ask(app=name)

    def until(self, check, of=None):
        """Waits until `check` is true for the data of the page, and answers the data."""

        def seen():
            data = self.data(of)
            return (check(data), data)

        return wait_until(lambda: (found := seen())[0] and found)[1]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        self.log.close()
