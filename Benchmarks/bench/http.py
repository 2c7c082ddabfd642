"""Just enough of an HTTP client to prepare the servers."""

import http.client
import json
from urllib.parse import urlsplit


class Api:
    """JSON over one kept connection."""

    def __init__(self, address, **headers):
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self.headers = {"Content-Type": "application/json", **headers}

    def send(self, method, path, body=None, headers=None):
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            self.connection.request(method, path, data, {**self.headers, **(headers or {})})
        except (BrokenPipeError, ConnectionResetError):
            # The server closes connections that were idle for long, as others do.
            self.connection.close()
            self.connection.request(method, path, data, {**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        text = response.read().decode()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path} answered {response.status}: {text[:500]}")
        return json.loads(text) if text.startswith(("{", "[", '"')) else text

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, body=None, headers=None):
        return self.send("POST", path, body, headers)
