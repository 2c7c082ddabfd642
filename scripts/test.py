"""Runs the tests of every language, one suite after the other, and says at the end what passed and how long it took.

    python scripts/test.py              # swift, node and e2e
    python scripts/test.py node e2e     # only these

Results are read from the reports that the runners write, never from what they print. A suite that dies without a
report, or that ran nothing, counts as a failure. The last line is `N passed, N failed[, N skipped]`.
"""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / ".build" / "test-reports"
SLOWEST_SHOWN = 10
# Longer than a suite takes on a slow machine; one that hangs is stopped and shows where each of its threads stands.
SECONDS_MAX = {"build": 3000, "swift": 900, "node": 600, "e2e": 3000}


@dataclass
class Suite:
    """What one runner did."""

    name: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    slowest: list = field(default_factory=list)
    failures: list = field(default_factory=list)


def run(name, command):
    """Runs a command in the checkout, its output shown as it comes; answers its exit code and the seconds it took."""
    print(f"\n== {' '.join(map(str, command[:8]))}{' …' if len(command) > 8 else ''}", flush=True)
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONFAULTHANDLER": "1",
        "SWIFT_BACKTRACE": "enable=yes,preset=full,registers=none,images=none",
    }
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        code = process.wait(timeout=SECONDS_MAX[name])
    except subprocess.TimeoutExpired:
        print(f"\n== {name} hangs: no end after {SECONDS_MAX[name]} s; where its threads stand:", flush=True)
        stop(process)
        code = 124
    return code, time.monotonic() - began


def descendants(root):
    """A process and all that came from it, whatever groups they made, the youngest generation last."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = [root]
    for process in found:
        found += parents.get(process, [])
    return found


def stop(process):
    """Has every process of the suite tell its threads' stacks (both runtimes do so on SIGABRT), and ends it."""
    everybody = descendants(process.pid)
    # The runner in front goes last, so that what the others say is still read.
    for signal_number, patience in ((signal.SIGABRT, 120), (signal.SIGKILL, 10)):
        for number in reversed(everybody):
            try:
                os.kill(number, signal_number)
            except ProcessLookupError:
                continue
            time.sleep(1 if signal_number == signal.SIGABRT else 0)
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue


def read_reports(suite, paths):
    """Adds up JUnit files, which all three runners can write."""
    for path in paths:
        try:
            cases = list(ElementTree.parse(path).getroot().iter("testcase"))
        except ElementTree.ParseError as error:
            suite.failed += 1
            suite.failures.append(f"{path.name} is not a whole report ({error}): the runner died")
            continue
        for case in cases:
            name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
            if case.find("failure") is not None or case.find("error") is not None:
                suite.failed += 1
                suite.failures.append(name)
            elif case.find("skipped") is not None:
                suite.skipped += 1
            else:
                suite.passed += 1
            suite.slowest.append((float(case.get("time") or 0), f"{suite.name}: {name}"))


def run_suite(name, command, reports):
    for stale in REPORTS.glob(reports):
        stale.unlink()
    code, seconds = run(name, command)
    suite = Suite(name, seconds)
    read_reports(suite, sorted(REPORTS.glob(reports)))
    if code != 0 and suite.failed == 0:
        suite.failed += 1
        suite.failures.append(f"the runner ended with code {code}")
    elif suite.passed + suite.failed == 0:
        suite.failed += 1
        suite.failures.append("no test was executed")
    return suite


def build():
    code, seconds = run("build", ["swift", "build", "--build-tests"])
    suite = Suite("build", seconds)
    if code != 0:
        suite.failed = 1
        suite.failures.append("swift build --build-tests")
    return suite


def swift_suite():
    command = ["swift", "test", "--skip-build", "--disable-xctest", "--xunit-output", REPORTS / "swift.xml"]
    return run_suite("swift", with_postgres(command), "swift*.xml")


def node_suite():
    files = sorted(
        path.relative_to(ROOT)
        for folder in ("sdk", "templates")
        for path in (ROOT / folder).rglob("*.test.*js")
        if "node_modules" not in path.parts
    )
    reporters = [
        "--test-reporter=spec", "--test-reporter-destination=stdout",
        "--test-reporter=junit", f"--test-reporter-destination={REPORTS / 'node.xml'}",
    ]  # fmt: skip
    return run_suite("node", ["node", "--test", *reporters, *files], "node.xml")


def e2e_suite():
    command = [sys.executable, "-m", "pytest", "-c", "e2e/pytest.ini", f"--junitxml={REPORTS / 'e2e.xml'}", "e2e"]
    return run_suite("e2e", with_postgres(command), "e2e.xml")


def with_postgres(command):
    """The command beside a PostgreSQL of its own, where one is installed."""
    return [ROOT / "scripts" / "with-postgres.sh", *command]


def summarise(suites):
    print("\nsuite      seconds   passed   failed  skipped")
    for suite in suites:
        print(f"{suite.name:<9}{suite.seconds:>9.1f}{suite.passed:>9}{suite.failed:>9}{suite.skipped:>9}")
    slowest = sorted((case for suite in suites for case in suite.slowest), reverse=True)[:SLOWEST_SHOWN]
    if slowest:
        print("\nslowest tests")
        for seconds, name in slowest:
            print(f"{seconds:>8.2f} s  {name[:140]}")
    failures = [f"{suite.name}: {name}" for suite in suites for name in suite.failures]
    if failures:
        print("\nfailed")
        for failure in failures:
            print(f"  {failure}")
    passed, failed, skipped = (sum(getattr(suite, key) for suite in suites) for key in ("passed", "failed", "skipped"))
    line = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    (REPORTS / "summary.txt").write_text(line + "\n", encoding="utf-8")
    print(f"\n{line}", flush=True)
    return failed


def main(wanted):
    runners = {"swift": swift_suite, "node": node_suite, "e2e": e2e_suite}
    unknown = set(wanted) - set(runners)
    if unknown:
        sys.exit(f"test.py: there is no suite {', '.join(sorted(unknown))}; the suites are {', '.join(runners)}")
    wanted = wanted or list(runners)
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "summary.txt").unlink(missing_ok=True)
    suites = []
    if {"swift", "e2e"} & set(wanted):
        suites.append(build())
        if suites[0].failed:
            wanted = [name for name in wanted if name == "node"]
    suites += [runners[name]() for name in runners if name in wanted]
    return 1 if summarise(suites) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
