"""Stand-ins for the two platforms' gateways. They check what a real one checks and keep what they were asked."""

import base64
import json
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class Gateway:
    """An HTTP server on a free port whose answers come from `answer(method, path, parameters, body)`."""

    def __enter__(self):
        self.requests = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.respond()

            def do_POST(self):
                self.respond()

            def respond(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
                if "form-urlencoded" in (self.headers.get("Content-Type") or ""):
                    parameters.update(parse_qsl(body.decode(), keep_blank_values=True))
                if "multipart/form-data" in (self.headers.get("Content-Type") or ""):
                    body = form_parts(self.headers["Content-Type"], body)
                gateway.requests.append((self.command, parts.path, parameters, body))
                answer = gateway.answer(self.command, parts.path, parameters, body)
                kind = "application/json; charset=utf-8" if isinstance(answer, str) else "image/png"
                answer = answer.encode() if isinstance(answer, str) else answer
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                """Requests are kept in `requests`, not printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"


def form_parts(content_type, body):
    """Name → (content type, bytes) of a multipart form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + body).get_payload()
    return {
        part.get_param("name", header="content-disposition"): (part.get_content_type(), part.get_payload(decode=True)) for part in parts
    }


# What WeChat's program codes begin with, whatever they show.
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class WeChatGateway(Gateway):
    """`jscode2session`, access tokens and the open API. A code `code-NAME` belongs to the user NAME, once."""

    app_id = "wx0123456789abcdef"
    app_secret = "0123456789abcdef0123456789abcdef"

    def __enter__(self):
        self.used = set()
        self.tokens_given = 0
        self.token = None
        return super().__enter__()

    @property
    def settings(self):
        return {"appId": self.app_id, "appSecret": self.app_secret, "gateway": self.address}

    def answer(self, method, path, parameters, body):
        if path == "/sns/jscode2session":
            return json.dumps(self.session(parameters))
        if path in ("/cgi-bin/token", "/cgi-bin/stable_token"):
            self.tokens_given += 1
            self.token = f"token-{self.tokens_given}"
            return json.dumps({"access_token": self.token, "expires_in": 7200})
        if parameters.get("access_token") != self.token:
            return json.dumps({"errcode": 40001, "errmsg": "invalid credential"})
        if path == "/wxa/getwxacodeunlimit":
            return PICTURE
        if path == "/wxa/img_sec_check":
            return json.dumps({"errcode": 87014 if b"risky" in body["media"][1] else 0, "errmsg": "checked"})
        return json.dumps({"errcode": 0, "errmsg": "ok", "path": path, "got": json.loads(body or b"{}")})

    def session(self, parameters):
        if (parameters.get("appid"), parameters.get("secret")) != (self.app_id, self.app_secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = parameters.get("js_code", "")
        if not code.startswith("code-") or code in self.used or parameters.get("grant_type") != "authorization_code":
            return {"errcode": 40029, "errmsg": "invalid code"}
        self.used.add(code)
        name = code.split("-")[1]
        return {"openid": f"wx-openid-{name}", "unionid": f"wx-unionid-{name}", "session_key": "c2Vzc2lvbg=="}


class AlipayGateway(Gateway):
    """The one address of Alipay's open API: checks RSA2 signatures and signs its answers, with keys made here."""

    app_id = "2021000000000001"

    def __enter__(self):
        self.used = set()
        self.forge = False
        self.application = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.platform = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return super().__enter__()

    def settings(self, private_format="PKCS8", pem=False):
        """What a developer copies from Alipay's pages: Base64 without PEM lines as a rule, PEM by some tools."""
        encoding = serialization.Encoding.PEM if pem else serialization.Encoding.DER
        private = self.application.private_bytes(
            encoding,
            getattr(serialization.PrivateFormat, private_format),
            serialization.NoEncryption(),
        )
        public = self.platform.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        as_text = (lambda data: data.decode()) if pem else (lambda data: base64.b64encode(data).decode())
        return {
            "appId": self.app_id,
            "privateKey": as_text(private),
            "publicKey": as_text(public),
            "gateway": self.address + "/gateway.do",
        }

    def answer(self, method, path, parameters, body):
        api = parameters.get("method", "")
        problem = self.refusal(parameters)
        if problem:
            return self.signed("error_response", problem)
        if api == "alipay.system.oauth.token":
            return self.token(parameters)
        received = json.loads(parameters.get("biz_content") or "{}")
        return self.signed(api.replace(".", "_") + "_response", {"code": "10000", "msg": "Success", "got": received})

    def refusal(self, parameters):
        """What Alipay would find wrong with the request itself."""
        if parameters.get("app_id") != self.app_id:
            return {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-app-id", "sub_msg": "app"}
        if parameters.get("sign_type") != "RSA2" or not self.signature_holds(parameters):
            return {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "sign"}
        missing = [name for name in ("charset", "timestamp", "version", "method") if not parameters.get(name)]
        if missing:
            return {"code": "40001", "msg": "Missing Required Arguments", "sub_code": "isv.missing", "sub_msg": missing[0]}
        return None

    def signature_holds(self, parameters):
        signed = "&".join(
            f"{name}={value}" for name, value in sorted(parameters.items()) if name != "sign" and value != ""
        )
        try:
            self.application.public_key().verify(
                base64.b64decode(parameters.get("sign", "")), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    def token(self, parameters):
        code = parameters.get("code", "")
        if not code.startswith("code-") or code in self.used or parameters.get("grant_type") != "authorization_code":
            error = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.code-invalid", "sub_msg": "授权码code无效"}
            return self.signed("error_response", error)
        self.used.add(code)
        openid = f"alipay-openid-{code.split('-')[1]}"
        return self.signed(
            "alipay_system_oauth_token_response",
            {"open_id": openid, "user_id": openid, "access_token": "authbse", "expires_in": 3600},
        )

    def signed(self, name, content):
        """Alipay signs the text of the answer's node exactly as it stands in the body."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if self.forge else self.platform
        signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        return f'{{"{name}":{text},"sign":"{signature}"}}'
