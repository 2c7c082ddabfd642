"""Measures Sampan beside PocketBase, PostgreSQL, plain Node.js and nginx, and writes docs/performance.md and docs/performance.json.

    python Benchmarks/run.py                      # everything, about forty minutes
    python Benchmarks/run.py --only database      # the cases of one section, and its part of the page
    python Benchmarks/run.py --quick              # fewer and shorter runs; the page is left alone
    python Benchmarks/run.py --only read,insert   # some cases; the page is left alone

The load generator runs on the same machine. Contenders take turns, run by run, and a run waits until the machine is
otherwise quiet, so that the ratios mean something even where the figures move.
"""

import argparse
import sys
import tempfile
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench import console, dataset, machine, million, pocketbase, postgres, report  # noqa: E402
from bench.cases import CASES, SECTIONS  # noqa: E402
from bench.coupons import Claims  # noqa: E402
from bench.redis import Redis  # noqa: E402
from bench.rush import Shop  # noqa: E402
from bench.sampan import Sampan, program  # noqa: E402
from bench.simple_peers import Nginx, NodeHTTP  # noqa: E402


class Bench:
    """The servers of one run, each started when a case first asks for it."""

    goods = dataset.GOODS

    def __init__(self, folder, quick):
        self.folder = Path(folder)
        self.quick = quick
        self.rounds = 3 if quick else 7
        self.seconds = 1 if quick else 2
        self.started = []

    def keep(self, server):
        self.started.append(server)
        return server

    @cached_property
    def sampan(self):
        server = self.keep(Sampan(self.folder))
        server.set_up()
        return server

    @cached_property
    def big_shop(self):
        return console.BigShop(self.fresh_sampan("console"))

    @cached_property
    def ruled(self):
        """The first server once it has the collections with rules as well."""
        self.sampan.set_up_rules()
        return self.sampan

    @cached_property
    def loose(self):
        """The first server once it has the orders without an index as well."""
        self.sampan.set_up_loose()
        return self.sampan

    @cached_property
    def postgres(self):
        return self.keep(postgres.Postgres())

    @cached_property
    def million(self):
        return million.Orders(self.fresh_sampan("million"))

    @cached_property
    def million_on_postgres(self):
        return million.Orders(self.fresh_sampan("million-postgres", self.postgres.make_database("million")))

    @cached_property
    def million_rows(self):
        return million.Rows(self.postgres)

    @cached_property
    def sampan_on_postgres(self):
        server = self.fresh_sampan("postgres", self.postgres.make_database("sampan"))
        server.set_up()
        return server

    def fresh_sampan(self, name, documents_url="", limits=""):
        folder = self.folder / name
        folder.mkdir()
        return self.keep(Sampan(folder, documents_url, limits))

    @cached_property
    def shop(self):
        return Shop(self.fresh_sampan("rush"), "crowd")

    @cached_property
    def quiet_shop(self):
        return Shop(self.shop.server, "quiet")

    @cached_property
    def shop_without_admission(self):
        return Shop(self.fresh_sampan("rush-free", limits="admissionMilliseconds=0"), "crowd")

    @cached_property
    def claims(self):
        return Claims(self.fresh_sampan("coupons"))

    @cached_property
    def claims_of_a_million(self):
        return Claims(self.fresh_sampan("coupons-million"))

    @cached_property
    def claims_on_postgres(self):
        return Claims(self.fresh_sampan("coupons-postgres", self.postgres.make_database("coupons")))

    @cached_property
    def redis(self):
        return self.keep(Redis(self.folder))

    @cached_property
    def pocketbase(self):
        return self.keep(pocketbase.PocketBase(self.folder))

    @cached_property
    def node(self):
        return self.keep(NodeHTTP(self.folder))

    @cached_property
    def nginx(self):
        return self.keep(Nginx(self.folder))

    def stop(self):
        for server in reversed(self.started):
            server.stop()


def arguments():
    parser = argparse.ArgumentParser(description="Measure Sampan beside its peers.")
    parser.add_argument("--quick", action="store_true", help="three runs of one second instead of seven of two")
    parser.add_argument("--only", default="", help=f"some of {','.join(CASES)}; {' or '.join(SECTIONS)} stands for all of a section")
    parser.add_argument("--output", default="", help="also write the JSON to this file")
    parsed = parser.parse_args()
    chosen = [name for part in parsed.only.split(",") if part for name in SECTIONS.get(part, [part])]
    unknown = set(chosen) - set(CASES)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}; the cases are {', '.join(CASES)}")
    return parsed, chosen or list(CASES)


def main():
    parsed, chosen = arguments()
    if not program().exists():
        sys.exit(f"{program()} is not there: run `make bench`, or set SAMPAN_BIN")
    facts = {
        **machine.facts(),
        "pocketbase": machine.version_of(str(pocketbase.PROGRAM), "--version"),
        "postgres": machine.version_of("psql", "--version").removeprefix("psql (PostgreSQL) "),
    }
    results = []
    with tempfile.TemporaryDirectory(prefix="sampan-bench-") as folder:
        bench = Bench(folder, parsed.quick)
        try:
            for name in chosen:
                print(f"{name}: {(CASES[name].__doc__ or '').splitlines()[0]}", flush=True)
                results.append(CASES[name](bench))
                print("\n".join([*report.table(results[-1].rows), "", *report.verdicts(results[-1:]), ""]), flush=True)
        finally:
            bench.stop()
    for section, names in SECTIONS.items():
        if not parsed.quick and set(names) <= set(chosen):
            report.write(section, [result for result in results if result.key in names], facts)
            print(f"written: {section} in {report.PAGE.relative_to(report.ROOT)} and {report.DATA.relative_to(report.ROOT)}")
    if parsed.output:
        Path(parsed.output).write_text(report.json.dumps(report.as_data(results, facts), indent=1), encoding="utf-8")
    missed = [f"{result.key}: {check.what}" for result in results for check in result.checks if not check.met]
    print(f"missed: {', '.join(missed)}" if missed else "every figure is reached")


if __name__ == "__main__":
    main()
