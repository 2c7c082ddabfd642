"""The two plain servers that mark what HTTP itself costs on this machine."""

import json
from pathlib import Path

from bench.process import Process, free_port

PEERS = Path(__file__).resolve().parents[1] / "peers"

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/nginx-access.log combined buffer=64k;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{{"sum":1}}'; }} }}
}}
"""


class NodeHTTP:
    """`http.createServer` that parses JSON and answers JSON."""

    def __init__(self, folder):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = Process("Node http", ["node", PEERS / "node-http.js", port], Path(folder) / "node.log")
        self.process.wait_for(self.address + "/")

    def add_requests(self):
        return [("POST", "/add", "", json.dumps({"a": n, "b": 1})) for n in range(100)]

    def stop(self):
        self.process.stop()


class Nginx:
    """nginx that answers a constant: the ceiling."""

    def __init__(self, folder):
        folder, port = Path(folder) / "nginx", free_port()
        folder.mkdir()
        configuration = folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=folder, port=port))
        self.address = f"http://127.0.0.1:{port}"
        self.process = Process("nginx", ["nginx", "-p", folder, "-c", configuration], folder / "log")
        self.process.wait_for(self.address + "/")

    def add_requests(self):
        return [("GET", "/", "", "")]

    def stop(self):
        self.process.stop()
