"""The documents say what the sources do: every route, every error code with its status, every number of the SDKs."""

import json
import re
import subprocess

import pytest
import yaml
from harness.server import ROOT

API = ROOT / "docs" / "api"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
# Rooms whose codes reach the callers of the API; the command line and the workers have codes of their own.
ROOMS = (
    "Kernel", "HTTPSupport", "Tenancy", "Identity", "Documents", "Files", "Functions", "Mail", "Coupons", "Rush",
    "LoadGenerator", "Rehearsals", "Console", "Sampan",
)  # fmt: skip

GROUP = re.compile(r'let group = router\.group\("([^"]+)"\)')
ROUTE = re.compile(r'(router|group)\.(get|head|post|put|patch|delete)\((?:"([^"]*)")?')
EVERY_METHOD = re.compile(r'router\.on\("([^"]+)", method: method')
CODE = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)",(?:\s*status: (\d+),)?\s*(?:Localized|what)')
# Refusals of coupons: `refused("CODE", 409, …)`.
REFUSED = re.compile(r'refused\(\s*"([A-Z][A-Z0-9_]*)",\s*(\d+),')
SHORT_FORMS = {"badRequest": 400, "unauthenticated": 401, "forbidden": 403, "notFound": 404}


def sources(room="*"):
    return [(path, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "Sources").glob(f"{room}/**/*.swift"))]


def registered_routes():
    """`METHOD /path/{}` of every route that the sources register, the console's pages left out."""
    routes = set()
    for path, text in sources():
        if "Console" in path.parts or "CLI" in path.parts:
            continue
        group = GROUP.search(text)
        for receiver, method, place in ROUTE.findall(text):
            if receiver == "group":
                place = f"{group[1]}/{place}".rstrip("/")
            routes.add(f"{method} {anonymous(place)}")
        for place in EVERY_METHOD.findall(text):
            routes |= {f"{method} {anonymous(place)}" for method in METHODS}
    return routes


def anonymous(path):
    """A path with its parameters' names left out: `/a/:b/**` and `/a/{b}/{path}` are the same."""
    return re.sub(r"(?<=/)(:[A-Za-z]+|\{[A-Za-z]+\}|\*\*)", "{}", path)


def described_routes():
    paths = yaml.safe_load((API / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    return {f"{method} {anonymous(path)}" for path, item in paths.items() for method in item if method in METHODS}


def test_every_route_is_described_and_nothing_else():
    registered = registered_routes()
    assert len(registered) > 50
    assert described_routes() == registered


def raised_codes():
    """Each code of the sources with the statuses that it is raised with, where the source says so in place."""
    codes = {}
    for room in ROOMS:
        for _, text in sources(room):
            for match in CODE.finditer(text):
                short = re.search(r"\.?(badRequest|unauthenticated|forbidden|notFound)\(\s*$", text[: match.start()])
                status = int(match[2]) if match[2] else SHORT_FORMS[short[1]] if short else None
                codes.setdefault(match[1], set()).update({status} - {None})
            for code, status in REFUSED.findall(text):
                codes.setdefault(code, set()).add(int(status))
    return codes


def documented_codes():
    """Code → (statuses, part, WeChat's number, Alipay's number), from the tables of errors.md."""
    rows = {}
    for line in (API / "errors.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and cells[0].startswith("`"):
            statuses = {int(number) for number in re.findall(r"\d{3}", cells[1])}
            rows[cells[0].strip("`")] = (statuses, *cells[4:])
    return rows


def test_every_code_is_documented_with_its_status():
    documented = documented_codes()
    raised = raised_codes()
    assert len(raised) > 50
    assert set(raised) - set(documented) == set()
    wrong = {code: (raised[code], documented[code][0]) for code in raised if not raised[code] <= documented[code][0]}
    # A refusal of the router keeps whatever 4xx status it has.
    wrong.pop("BAD_REQUEST", None)
    assert wrong == {}


def test_no_code_is_documented_that_does_not_exist():
    everything = "".join(text for room in ROOMS for _, text in sources(room))
    assert [code for code in documented_codes() if f'"{code}"' not in everything] == []


NUMBERS = """
const { PlatformProblem, wechatError, alipayError } = require(process.argv[1]);
const rows = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(rows.map(([code, status, part]) => {
  const problem = () => new PlatformProblem({ code, status, detail: 'x' });
  const area = part === 'login' ? 'init' : part;
  return [String(wechatError(problem(), 'x', part).errCode), String(alipayError(problem(), 'x', area).error)];
})));
"""


@pytest.fixture(scope="module")
def numbered():
    return {code: row for code, row in documented_codes().items() if row[1] != "–"}


def test_the_platforms_numbers_are_those_of_the_sdk(numbered):
    rows = [[code, min(statuses), part] for code, (statuses, part, _, _) in numbered.items()]
    ran = subprocess.run(
        ["node", "-e", NUMBERS, str(ROOT / "sdk/shared/problems.js")], input=json.dumps(rows), capture_output=True, text=True, check=True
    )
    actual = {row[0]: numbers for row, numbers in zip(rows, json.loads(ran.stdout), strict=True)}
    assert actual == {code: [wechat, alipay] for code, (_, _, wechat, alipay) in numbered.items()}
