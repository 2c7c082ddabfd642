"""The management API (`/admin/v1`) as the command line and a CI job would call it."""

import hashlib
import itertools
import time
from pathlib import Path

import requests

from harness.client import Client, ok

_names = itertools.count(1)


class Admin:
    """The holder of one key."""

    def __init__(self, address, key):
        self.address = address
        self.key = key
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {key}"

    def request(self, method, path, **options):
        options.setdefault("timeout", 60)
        return self.session.request(method, f"{self.address}/admin/v1{path}", **options)

    def environment(self, identifier):
        """One that is there."""
        return Environment(self, identifier)

    def create_environment(self, name=None, **settings):
        """A new environment in which development and anonymous logins are on."""
        made = ok(self.request("POST", "/environments", json={"name": name or f"test-{next(_names)}"}), 201)
        environment = Environment(self, made["id"])
        environment.change_settings(**{"developmentLogin": True, "anonymousLogin": True, **settings})
        return environment


class Environment:
    """One environment and what its owner does with it."""

    def __init__(self, admin, identifier):
        self.admin = admin
        self.id = identifier

    @property
    def address(self):
        return self.admin.address

    def request(self, method, path, **options):
        return self.admin.request(method, f"/environments/{self.id}{path}", **options)

    def change_settings(self, **settings):
        return ok(self.request("PATCH", "/settings", json=settings))

    def create_key(self, kind, name="test"):
        return ok(self.request("POST", "/keys", json={"name": name, "kind": kind}), 201)

    # Users

    def client(self, token=None):
        return Client(self.address, self.id, token)

    def user(self, name):
        return self.client().login(platform="development", user=name)

    def anonymous(self):
        return self.client().login(platform="anonymous")

    # Functions

    def upload_blobs(self, contents):
        """Uploads those of the byte strings that the environment lacks; answers how many."""
        by_hash = {hashlib.sha256(content).hexdigest(): content for content in contents}
        missing = ok(self.request("POST", "/blobs/missing", json={"hashes": list(by_hash)}))["missing"]
        for name in missing:
            ok(self.request("PUT", f"/blobs/{name}", data=by_hash[name]), 204)
        return len(missing)

    def try_deploy(self, name, files, **settings):
        """Deploys `{path: text or bytes}` as one version; answers the raw response."""
        contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.upload_blobs(contents.values())
        listed = [
            {"path": path, "hash": hashlib.sha256(content).hexdigest()} for path, content in sorted(contents.items())
        ]
        body = {"files": listed, "handler": "index.main", "activate": True, **settings}
        return self.request("POST", f"/functions/{name}/versions", json=body)

    def deploy(self, name, source, **settings):
        """Deploys a function given as its `index.js`, as `{path: content}` or as a folder."""
        if isinstance(source, Path):
            files = {
                str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*") if path.is_file()
            }
        else:
            files = {"index.js": source} if isinstance(source, str) else source
        return ok(self.try_deploy(name, files, **settings), (200, 201))

    def function(self, name):
        return ok(self.request("GET", f"/functions/{name}"))

    def set_traffic(self, name, *weights):
        traffic = [{"version": version, "weight": weight} for version, weight in weights]
        return ok(self.request("PUT", f"/functions/{name}/traffic", json={"traffic": traffic}))

    def try_invoke(self, name, event=None, **parameters):
        return self.request(
            "POST", f"/functions/{name}/invoke", json={} if event is None else event, params=parameters
        )

    def invoke(self, name, event=None, **parameters):
        return ok(self.try_invoke(name, event, **parameters))

    def invoke_later(self, name, event=None):
        return ok(self.try_invoke(name, event, **{"async": 1}), 202)["invocationId"]

    def logs(self, **filters):
        return ok(self.request("GET", "/logs", params=filters))["logs"]

    def executions(self, **filters):
        return ok(self.request("GET", "/executions", params=filters))["executions"]

    # Documents

    def create_collection(self, name, permission=None):
        body = {"name": name, **({"permission": permission} if permission else {})}
        return ok(self.request("POST", "/collections", json=body), (200, 201))

    def database(self, op, collection=None, **members):
        named = {"collection": collection} if collection else {}
        return ok(self.request("POST", "/database", json={"op": op, **named, **members}))


def wait_until(check, seconds=10, every=0.05):
    """Calls `check` until it answers something true, and answers that; fails when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: the last answer was {found!r}"
        time.sleep(every)
