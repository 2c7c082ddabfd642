"""Fixtures: one server for the whole run, a fresh environment for each module, the platforms' gateways."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness.admin import Admin  # noqa: E402
from harness.client import ok  # noqa: E402
from harness.coupons import Merchant  # noqa: E402
from harness.engines import ENGINES, variables_of  # noqa: E402
from harness.gateways import AlipayGateway, WeChatGateway  # noqa: E402
from harness.mini_program import MiniProgram  # noqa: E402
from harness.repositories import checkout, deploy  # noqa: E402
from harness.server import Server  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share. Tests that kill or restart one start their own."""
    running = Server(tmp_path_factory.mktemp("server")).start()
    yield running
    assert running.process.poll() is None, f"the server died during the tests:\n{running.log.read_text()[-4000:]}"
    assert running.stop() == 0


@pytest.fixture(scope="session")
def admin(server):
    return Admin(server.address, server.operator_key)


@pytest.fixture(scope="module")
def environment(admin):
    return admin.create_environment()


@pytest.fixture(scope="module")
def other_environment(admin):
    """Somebody else's environment on the same server."""
    return admin.create_environment()


@pytest.fixture
def own_server(tmp_path):
    """A server that the test may do anything to."""
    running = Server(tmp_path).start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def wechat():
    with WeChatGateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def alipay():
    with AlipayGateway() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A server of the module's own, for what concerns all of it: people, organizations, the platform."""
    running = Server(tmp_path_factory.mktemp("node")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def operator(node):
    return Admin(node.address, node.operator_key)


@pytest.fixture(scope="module")
def organization(operator):
    """The one that is there from the start."""
    return ok(operator.request("GET", "/organizations"))["organizations"][0]["id"]


@pytest.fixture
def deployed(admin, tmp_path):
    """Deploys a checkout of a public repository into a new environment, as a newcomer would; answers the environment."""

    def made(repository, *collections, permission="PRIVATE", inside=".", **settings):
        checkout(repository)
        environment = admin.create_environment(**settings)
        for name in collections:
            environment.create_collection(name, permission)
        deploy(environment, repository, tmp_path, inside)
        return environment

    return made


@pytest.fixture
def phone(tmp_path):
    """Starts the mini program of a checkout for a user of an environment."""
    running = []

    def start(repository, environment, user, inside="miniprogram"):
        running.append(MiniProgram(checkout(repository) / inside, environment, user, tmp_path / f"{len(running)}.log"))
        return running[-1]

    yield start
    for program in running:
        program.close()


# For coupons: a shop on a server of the module's own, for each engine.


@pytest.fixture(scope="module", params=ENGINES)
def shop_server(request, tmp_path_factory):
    running = Server(tmp_path_factory.mktemp(request.param), variables=variables_of(request.param)).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def shop(shop_server):
    return Admin(shop_server.address, shop_server.operator_key).create_environment()


@pytest.fixture(scope="module")
def merchant(shop):
    return Merchant(shop)


@pytest.fixture(scope="module")
def alice(shop):
    return shop.user("alice")


@pytest.fixture(scope="module")
def bob(shop):
    return shop.user("bob")
