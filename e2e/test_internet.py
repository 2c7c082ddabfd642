"""Whether functions reach the internet is the environment's setting; what lies around the server is reached by none."""

import pytest
from harness import outside
from harness.admin import Admin
from harness.outside import GREETING, METADATA, NEAR, NEIGHBOUR, PORT, PUBLIC, Resolver
from harness.server import Server

REASON = outside.why_not()
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")

FETCH = """
const http = require('http')
const fetch = (address) => new Promise((done) => {
  const request = http.get({ host: address, port: PORT, path: '/greeting', timeout: 2500 }, (answer) => {
    let text = ''
    answer.on('data', (piece) => { text += piece }).on('end', () => done(text))
  })
  request.on('timeout', () => request.destroy(Object.assign(new Error('silence'), { code: 'SILENCE' })))
  request.on('error', (error) => done(error.code || error.message))
})
exports.main = async ({ addresses }) => Object.fromEntries(await Promise.all(addresses.map(async (a) => [a, await fetch(a)])))
""".replace("PORT", str(PORT))

# The sandbox's way out shows the machine's loopback and its name server under these.
GATEWAY, NAME_SERVER = "10.0.2.2", "10.0.2.3"
CLOSED = ["127.0.0.1", GATEWAY, NAME_SERVER, *NEAR[1:], NEIGHBOUR, METADATA]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The outside host; the same greeting also waits on the machine's own addresses, where no function may find it."""
    folder = tmp_path_factory.mktemp("outside")
    with outside.outside_host(folder), outside.web_server(folder, "0.0.0.0"):
        for address in ("127.0.0.1", NEAR[1], PUBLIC, NEIGHBOUR, METADATA):
            assert outside.wait_for(address) == GREETING, f"{address} must answer the machine itself"
        yield


@pytest.fixture(scope="module")
def environment_with_resolver(host, tmp_path_factory):
    """An environment on a machine that asks a name server on its own loopback, as most with systemd-resolved do."""
    folder = tmp_path_factory.mktemp("resolver")
    settings = folder / "resolv.conf"
    settings.write_text(f"nameserver {Resolver.address}\n", encoding="utf-8")
    covered = f"mount --bind {settings} /etc/resolv.conf && exec \"$@\""
    server = Server(folder, prefix=("unshare", "--mount", "sh", "-c", covered, "sh"))
    with Resolver():
        try:
            server.start()
            yield Admin(server.address, server.operator_key).create_environment(internet=True)
        finally:
            server.kill()


def reach(environment, *addresses):
    environment.deploy("fetch", FETCH, timeoutSeconds=20)
    return environment.invoke("fetch", {"addresses": list(addresses)})


def test_without_the_internet_nothing_is_reached(host, admin):
    environment = admin.create_environment()
    seen = reach(environment, PUBLIC, *CLOSED)
    assert GREETING not in seen.values(), seen


def test_with_the_internet_a_public_host_is_reached_and_the_machine_is_not(host, admin):
    environment = admin.create_environment(internet=True)
    seen = reach(environment, PUBLIC, *CLOSED)
    assert seen.pop(PUBLIC) == GREETING
    assert GREETING not in seen.values(), seen


def test_the_setting_counts_from_the_next_call_on(host, admin):
    environment = admin.create_environment()
    assert reach(environment, PUBLIC)[PUBLIC] != GREETING
    environment.change_settings(internet=True)
    assert reach(environment, PUBLIC)[PUBLIC] == GREETING
    environment.change_settings(internet=False)
    assert reach(environment, PUBLIC)[PUBLIC] != GREETING


def test_names_are_known(environment_with_resolver):
    assert reach(environment_with_resolver, Resolver.name) == {Resolver.name: GREETING}


def test_a_name_server_on_loopback_does_not_open_loopback(environment_with_resolver):
    """The sandbox's name server leads to the machine's own: nothing else of that address may be reached through it."""
    seen = reach(environment_with_resolver, PUBLIC, *CLOSED)
    assert seen.pop(PUBLIC) == GREETING
    assert GREETING not in seen.values(), seen


ASK = """
const { Resolver } = require('dns').promises
exports.main = async ({ server, name, tries }) => {
  const resolver = new Resolver({ timeout: 500, tries })
  resolver.setServers([server])
  return resolver.resolve4(name).catch((error) => error.code)
}
"""


@pytest.mark.parametrize("server", [f"{GATEWAY}:{Resolver.other_port}", f"{NAME_SERVER}:{Resolver.other_port}", f"{GATEWAY}:53"])
def test_datagrams_reach_no_other_service_of_the_machine(environment_with_resolver, server):
    environment_with_resolver.deploy("ask", ASK, timeoutSeconds=20)
    answer = environment_with_resolver.invoke("ask", {"server": server, "name": Resolver.name, "tries": 1})
    assert isinstance(answer, str), f"{server} answered {answer}"


def test_datagrams_reach_the_name_server(environment_with_resolver):
    environment_with_resolver.deploy("ask", ASK, timeoutSeconds=20)
    asked = {"server": f"{NAME_SERVER}:53", "name": Resolver.name, "tries": 5}
    assert environment_with_resolver.invoke("ask", asked) == [PUBLIC]
