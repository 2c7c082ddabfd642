"""The command line on project folders as WeChat's and Alipay's tools leave them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.admin import wait_until
from harness.server import plain_environment, program

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def project(tmp_path):
    """Copies a fixture, so that a test may change it."""

    def copy(name):
        return Path(shutil.copytree(FIXTURES / name, tmp_path / name))

    return copy


@pytest.fixture(scope="module")
def sampan(environment, tmp_path_factory):
    """Runs a command of the CLI with the environment's own key."""
    home = tmp_path_factory.mktemp("home")
    secret = environment.create_key("management")["secret"]

    def run(*arguments, cwd=None, code=0, **variables):
        place = {"SAMPAN_ENDPOINT": environment.address, "SAMPAN_ENV": environment.id}
        settings = {**place, "SAMPAN_KEY": secret, "HOME": str(home), **variables}
        result = subprocess.run(
            [program(), *map(str, arguments)], cwd=cwd or home, env=plain_environment(**settings),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert result.returncode == code, f"code {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    return run


def test_deploying_a_wechat_project(environment, sampan, project):
    folder = project("wechat-project")
    sampan("deploy", "--path", folder)
    answer = environment.invoke("hello", {"name": "小美"})
    assert answer == {"text": "你好,小美", "env": environment.id}
    triggers = environment.function("clock")["triggers"]
    assert [(trigger["name"], trigger["config"]) for trigger in triggers] == [("nightly", "0 0 2 1 * * *")]


def test_deploying_an_alipay_project(environment, sampan, project):
    sampan("deploy", cwd=project("alipay-project"))
    assert environment.invoke("greet", {"name": "小王"}) == {"text": "你好,小王", "env": environment.id}
    assert environment.invoke("shout", {"text": "tea"}) == {"text": "TEA"}


def test_only_what_changed_becomes_a_version(environment, sampan, project):
    folder = project("wechat-project")
    sampan("deploy", "--path", folder)
    before = environment.function("hello")["version"], environment.function("clock")["version"]
    sampan("deploy", "--path", folder)
    assert (environment.function("hello")["version"], environment.function("clock")["version"]) == before
    greeting = folder / "cloudfunctions/hello/greeting.js"
    greeting.write_text("exports.greeting = (name) => `再见,${name}`\n", encoding="utf-8")
    sampan("deploy", "--path", folder)
    assert environment.function("hello")["version"] == before[0] + 1
    assert environment.function("clock")["version"] == before[1]
    assert environment.invoke("hello", {"name": "小美"})["text"] == "再见,小美"


def test_invoking_and_reading_logs(environment, sampan, project):
    sampan("deploy", "--path", project("wechat-project"))
    answer = sampan("invoke", "hello", '{"name":"needle-7"}')
    assert "needle-7" in answer.stdout
    wait_until(lambda: environment.logs(text="needle-7"))
    assert "needle-7" in sampan("logs", "hello").stdout


def test_json_output_is_json(sampan, project):
    json.loads(sampan("deploy", "--json", cwd=project("wechat-project")).stdout)


def test_errors_are_one_clear_line(sampan, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, variables in (
        (("deploy", "--path", empty), {}),
        (("invoke", "nobody"), {}),
        (("invoke", "hello"), {"SAMPAN_KEY": "sk-wrong"}),
        (("invoke", "hello"), {"SAMPAN_ENDPOINT": "http://127.0.0.1:1"}),
    ):
        result = sampan(*arguments, code=1, **variables)
        assert result.stdout == ""
        assert 0 < len(result.stderr.strip().splitlines()) <= 3, result.stderr
        assert "Swift" not in result.stderr


def test_help_has_an_example(sampan):
    for command in ("serve", "deploy", "invoke", "logs", "env", "db", "doctor", "init", "login"):
        text = sampan(command, "--help").stdout
        assert f"sampan {command}" in text
        assert "xample" in text, f"no example in `sampan {command} --help`"


def test_an_environments_key_says_which_environment_is_meant(environment, sampan, project):
    environment.deploy("named", "exports.main = async () => 'here'")
    assert "here" in sampan("invoke", "named", SAMPAN_ENV="").stdout
    sampan("deploy", "--path", project("wechat-project"), SAMPAN_ENV="")
    assert json.loads(sampan("logs", "named", "--json", SAMPAN_ENV="").stdout or "[]") is not None


def test_an_operators_key_needs_an_environment_named(server, sampan):
    refused = sampan("invoke", "named", SAMPAN_ENV="", SAMPAN_KEY=server.operator_key, code=1)
    assert "--env" in refused.stderr
