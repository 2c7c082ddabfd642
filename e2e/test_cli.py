"""The command line on project folders as WeChat's and Alipay's tools leave them."""

import json
import shutil
import subprocess
import time
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
    for command in ("serve", "deploy", "functions", "invoke", "logs", "env", "db", "doctor", "init", "login"):
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


@pytest.fixture
def three_versions(environment):
    """A function whose versions 1 to 3 answer their numbers."""
    name = f"versioned-{time.monotonic_ns()}"
    for number in (1, 2, 3):
        environment.deploy(name, f"exports.main = async () => {number}", description=f"note {number}")
    return name


def test_listing_functions(environment, sampan, three_versions):
    rows = [line.split() for line in sampan("functions", "list").stdout.splitlines()]
    assert rows[0][:2] == ["NAME", "VERSION"]
    assert [three_versions, "v3"] in [row[:2] for row in rows]
    listed = json.loads(sampan("functions", "list", "--json").stdout)["functions"]
    assert three_versions in [entry["name"] for entry in listed]


def test_listing_versions(sampan, three_versions):
    rows = [line.split() for line in sampan("functions", "versions", three_versions).stdout.splitlines()]
    assert [row[0] for row in rows] == ["VERSION", "v3", "v2", "v1"]
    assert rows[1][1] == "100%"
    assert [row[-2:] for row in rows[1:]] == [["note", "3"], ["note", "2"], ["note", "1"]]
    versions = json.loads(sampan("functions", "versions", three_versions, "--json").stdout)["versions"]
    assert [entry["version"] for entry in versions] == [3, 2, 1]


def test_rolling_back_and_forward(environment, sampan, three_versions):
    assert sampan("functions", "rollback", three_versions).stdout == f"{three_versions} is at v2.\n"
    assert environment.invoke(three_versions) == 2
    sampan("functions", "rollback", three_versions)
    assert environment.invoke(three_versions) == 1
    assert "no version before v1" in sampan("functions", "rollback", three_versions, code=1).stderr
    sampan("functions", "rollback", three_versions, "v3")
    assert environment.invoke(three_versions) == 3
    assert "VERSION_NOT_FOUND" in sampan("functions", "rollback", three_versions, "v9", code=1).stderr
    assert environment.invoke(three_versions) == 3


def test_dividing_traffic(environment, sampan, three_versions):
    told = sampan("functions", "traffic", three_versions, "v1=3", "v3=1").stdout
    assert told == f"{three_versions}: v1 75%, v3 25%\n"
    assert {environment.invoke(three_versions) for _ in range(60)} == {1, 3}
    assert sampan("functions", "traffic", three_versions).stdout == told
    refused = sampan("functions", "traffic", three_versions, "v1:3", code=1)
    assert "v3=90" in refused.stderr
    chinese = sampan("functions", "traffic", three_versions, "v1:3", code=1, LC_ALL="zh_CN.UTF-8")
    assert "错误" in chinese.stderr


def test_deleting_a_function(environment, sampan, three_versions):
    refused = sampan("functions", "delete", three_versions, code=1)
    assert "--yes" in refused.stderr
    assert environment.invoke(three_versions) == 3
    sampan("functions", "delete", three_versions, "--yes")
    assert environment.try_invoke(three_versions).status_code == 404
    assert "FUNCTION_NOT_FOUND" in sampan("functions", "versions", three_versions, code=1).stderr


def test_a_projects_settings_for_asynchronous_calls(environment, sampan, tmp_path):
    name = f"later-{time.monotonic_ns()}"
    function = tmp_path / "functions" / name
    function.mkdir(parents=True)
    (function / "index.js").write_text("exports.main = async () => 1\n", encoding="utf-8")
    timer = {"name": "yearly", "type": "timer", "config": "0 0 0 1 1 *", "catchUp": "skip"}
    settings = {"asyncRetries": 5, "onSuccess": "after", "onFailure": "alarm", "httpPath": f"/{name}", "triggers": [timer]}
    (function / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    sampan("deploy", "--path", tmp_path)
    deployed = environment.function(name)
    assert {key: deployed[key] for key in settings} == settings
    removed = {"asyncRetries": 5, "onSuccess": None, "onFailure": None, "httpPath": None, "triggers": []}
    (function / "config.json").write_text(json.dumps(removed), encoding="utf-8")
    sampan("deploy", "--path", tmp_path)
    deployed = environment.function(name)
    assert deployed["asyncRetries"] == 5 and deployed["triggers"] == []
    assert not {"onSuccess", "onFailure", "httpPath"} & set(deployed)


def test_coupons_from_the_command_line(environment, sampan, tmp_path):
    definition = {
        "name": "满50减5", "value": {"type": "amount", "amount": 500}, "minimumSpend": 5000, "stock": 10, "validity": {"days": 7},
        "claim": {"from": "2026-01-01T00:00:00+08:00", "until": "2090-01-01T00:00:00+08:00"},
    }  # fmt: skip
    (tmp_path / "batch.json").write_text(json.dumps(definition), encoding="utf-8")
    batch = json.loads(sampan("coupon", "create", "--file", "batch.json", "--json", cwd=tmp_path).stdout)["id"]
    assert sampan("coupon", "submit", batch).stdout == f"{batch}: submitted\n"
    assert sampan("coupon", "approve", batch).stdout == f"{batch}: published\n"
    assert "满50减5" in sampan("coupon", "list").stdout
    sampan("coupon", "change", batch, '{"stock":20}')
    refused = sampan("coupon", "change", batch, '{"value":{"type":"amount","amount":1}}', code=1)
    assert "COUPON_BATCH_FIXED" in refused.stderr or "cannot be changed" in refused.stderr
    user = environment.user("cli-alice").openid
    coupon = sampan("coupon", "give", batch, "--user", user, "--number", "n").stdout.strip()
    assert sampan("coupon", "give", batch, "--user", user, "--number", "n").stdout.strip() == coupon
    assert coupon in sampan("coupon", "of", "--user", user, "--status", "held").stdout
    assert "redeemed" in sampan("coupon", "redeem", coupon, "--order", "o-1").stdout
    assert "o-1 5.00" in sampan("coupon", "get", coupon).stdout
    assert "held" in sampan("coupon", "refund", coupon, "--order", "o-1").stdout
    sampan("coupon", "void", coupon, code=1)
    assert "voided" in sampan("coupon", "void", coupon, "--yes").stdout
    shown = json.loads(sampan("coupon", "show", batch, "--json").stdout)
    assert (shown["stock"], shown["accounts"]["voided"]) == (20, 1)
    for step, status in (("pause", "paused"), ("resume", "published")):
        assert sampan("coupon", step, batch).stdout == f"{batch}: {status}\n"
    assert sampan("coupon", "stop", batch, "--yes").stdout == f"{batch}: stopped\n"


def test_codes_and_books_of_coupons_from_the_command_line(environment, sampan, tmp_path):
    now = int(time.time() * 1000)
    definition = {
        "name": "满50减5", "value": {"type": "amount", "amount": 500}, "stock": 10, "claim": {"from": now - 1000, "until": now + 9_000_000},
        "validity": {"days": 7}, "codes": {"source": "uploaded"},
    }  # fmt: skip
    (tmp_path / "batch.json").write_text(json.dumps(definition))
    batch = json.loads(sampan("coupon", "create", "--file", "batch.json", "--json", cwd=tmp_path).stdout)["id"]
    sampan("coupon", "submit", batch)
    sampan("coupon", "approve", batch)
    (tmp_path / "codes.txt").write_text("one\ntwo\none\n")
    refused = sampan("coupon", "codes", batch, "--upload", "codes.txt", cwd=tmp_path, code=1)
    assert "1 of 3 lines" in refused.stderr
    assert "count   2" in sampan("coupon", "codes", batch, "--upload", "codes.txt", "--skip-faults", cwd=tmp_path).stdout
    (tmp_path / "users.txt").write_text("cli-a\ncli-b\ncli-c\n")
    granted = sampan("coupon", "grant", batch, "--file", "users.txt", "--name", "june", cwd=tmp_path).stdout
    assert "given            2" in granted and "COUPON_SOLD_OUT  1" in granted
    assert sampan("coupon", "link", batch, "--channel", "poster").stdout.startswith(f"batch={batch}&channel=poster&link=")
    assert "total" in sampan("coupon", "report", batch).stdout
    assert sampan("coupon", "entries", "--batch", batch, "--limit", "9").stdout.count("claim") == 2
    sampan("coupon", "entries", "--batch", batch, "--csv", "entries.csv", cwd=tmp_path)
    assert "cli-a" in (tmp_path / "entries.csv").read_text(encoding="utf-8-sig")
    assert sampan("coupon", "export", batch, "-o", "coupons.csv", cwd=tmp_path).stdout.strip().endswith("coupons.csv")
    assert (tmp_path / "coupons.csv").read_text(encoding="utf-8-sig").count("held") == 2
