"""A mail server that keeps what it gets: aiosmtpd with the encryption and the password that a provider's has.

    with MailServer() as mails:
        Server(…, environment: mails.variables)
        mail = mails.wait_for("someone@example.com")
        mail.text, mail.html, mail["Subject"]

As a program (`python mail.py starttls`) it prints its address and then every mail as lines of JSON, until its input ends.
"""

import asyncio
import datetime
import ipaddress
import json
import ssl
import sys
import tempfile
import threading
import time
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SENDER = "Sampan <noreply@sampan.test>"
USER = "noreply@sampan.test"
PASSWORD = "p@ss:w/rd 密码"
ENCRYPTIONS = ("none", "starttls", "tls")


class Mail:
    """One mail as it came; indexing it gives its headers, decoded."""

    def __init__(self, sender, recipients, content):
        self.sender = sender
        self.recipients = recipients
        self.content = content
        self.message = message_from_bytes(content, policy=policy.default)

    def __getitem__(self, header):
        return self.message[header]

    @property
    def text(self):
        return self._body("plain")

    @property
    def html(self):
        return self._body("html")

    def _body(self, kind):
        part = self.message.get_body((kind,))
        return None if part is None else part.get_content().replace("\r\n", "\n")


class MailServer:
    """Listens on a free port of the loopback address. With encryption it wants to know who sends."""

    def __init__(self, encryption="starttls", mechanisms=("PLAIN", "LOGIN")):
        assert encryption in ENCRYPTIONS
        self.encryption = encryption
        self.mechanisms = mechanisms
        self.mails = []
        self.arrived = threading.Condition()

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.certificate = Path(self.folder.name) / "certificate.pem"
        self.tls = make_tls(self.certificate)
        self.loop = asyncio.new_event_loop()
        listening = self.loop.create_server(
            self._connection, "127.0.0.1", 0, ssl=self.tls if self.encryption == "tls" else None
        )  # fmt: skip
        self.listener = self.loop.run_until_complete(listening)
        self.port = self.listener.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()
        self.folder.cleanup()

    async def _close(self):
        self.listener.close()
        connections = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    @property
    def url(self):
        """What SAMPAN_SMTP_URL is to be."""
        if self.encryption == "none":
            return f"smtp://127.0.0.1:{self.port}"
        scheme, parameters = ("smtps", "") if self.encryption == "tls" else ("smtp", "starttls=required&")
        user, password, ca = (quote(text, safe="") for text in (USER, PASSWORD, str(self.certificate)))
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}?{parameters}ca={ca}"

    @property
    def variables(self):
        """The environment of a server that sends its mails here."""
        return {"SAMPAN_SMTP_URL": self.url, "SAMPAN_MAIL_FROM": SENDER}

    def wait_for(self, recipient, seconds=15, after=0):
        """The first mail to this address beyond the first `after` ones to it."""
        deadline = time.monotonic() + seconds
        with self.arrived:
            while True:
                found = self.to(recipient)
                if len(found) > after:
                    return found[after]
                left = deadline - time.monotonic()
                assert left > 0, f"no mail for {recipient}; there are {[mail.recipients for mail in self.mails]}"
                self.arrived.wait(left)

    def to(self, recipient):
        """Every mail to this address so far."""
        return [mail for mail in self.mails if recipient in mail.recipients]

    def _connection(self):
        is_encrypted = self.encryption != "none"
        return SMTP(
            self, hostname="mail.sampan.test", loop=self.loop,
            tls_context=self.tls if self.encryption == "starttls" else None, require_starttls=self.encryption == "starttls",
            auth_required=is_encrypted, auth_require_tls=self.encryption == "starttls", authenticator=self._authenticate,
            auth_exclude_mechanism=[name for name in ("PLAIN", "LOGIN") if name not in self.mechanisms],
        )  # fmt: skip

    def _authenticate(self, _server, _session, _envelope, _mechanism, login):
        # Not handled: aiosmtpd itself is to answer that the password is wrong.
        return AuthResult(success=(login.login, login.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    async def handle_DATA(self, _server, _session, envelope):
        with self.arrived:
            self.mails.append(Mail(envelope.mail_from, envelope.rcpt_tos, envelope.content))
            self.arrived.notify_all()
        return "250 2.0.0 kept"


def make_tls(file):
    """A context with a new certificate for the loopback address, which `file` then holds for whoever is to trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.sampan.test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = file.with_name("key.pem")
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return context


def say(line):
    print(json.dumps(line), flush=True)


def main(encryption, *mechanisms):
    shown = 0
    with MailServer(encryption, mechanisms or ("PLAIN", "LOGIN")) as server:
        say({"url": server.url, "from": SENDER})
        ended = threading.Thread(target=sys.stdin.read, daemon=True)
        ended.start()
        while ended.is_alive():
            with server.arrived:
                server.arrived.wait(0.1)
                fresh, shown = server.mails[shown:], len(server.mails)
            for mail in fresh:
                headers = {name: str(value) for name, value in mail.message.items()}
                say({"sender": mail.sender, "recipients": mail.recipients, "headers": headers, "text": mail.text, "html": mail.html})


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
