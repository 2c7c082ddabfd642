"""The client API (`/v1`) as a mini program's SDK would call it."""

import requests


class Client:
    """One user of one environment. Every call answers the raw response; `ok` unwraps a good one."""

    def __init__(self, address, environment, token=None):
        self.address = address
        self.environment = environment
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["x-sampan-env"] = environment
        self.login_answer = {}
        if token:
            self.use_token(token)

    def use_token(self, token):
        self.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def openid(self):
        return self.login_answer["openid"]

    def request(self, method, path, **options):
        options.setdefault("timeout", 60)
        return self.session.request(method, self.address + path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, json=body, **options)

    def try_login(self, **body):
        return self.post("/v1/login", body)

    def login(self, **body):
        """Signs in and uses the token from now on; answers this client."""
        self.login_answer = ok(self.try_login(**body))
        self.use_token(self.login_answer["accessToken"])
        return self

    def call(self, function, event=None, **options):
        return self.post(f"/v1/functions/{function}", {} if event is None else event, **options)

    def database(self, op, collection=None, **members):
        named = {"collection": collection} if collection else {}
        headers = members.pop("headers", None)
        return self.post("/v1/database", {"op": op, **named, **members}, headers=headers)

    def upload(self, cloud_path, content, name="file.bin"):
        parts = [("cloudPath", (None, cloud_path)), ("file", (name, content))]
        return self.request("POST", "/v1/files", files=parts)


def ok(response, status=200):
    """The JSON of a good answer; anything else fails the test with what the server said."""
    expected = status if isinstance(status, tuple) else (status,)
    assert response.status_code in expected, f"{response.status_code}: {response.text[:1000]}"
    return response.json() if response.content else None
