"""What a case gives: rows, figures that must be reached, remarks."""

from dataclasses import dataclass, field

from bench import load


@dataclass
class Check:
    """One figure that must be reached."""

    what: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def met(self):
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass
class Result:
    """What a case gave: a row for each contender, the figures that must be reached, and remarks."""

    key: str
    title: str
    rows: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def race(bench, contenders, connections, seconds=None):
    load.run_rounds(contenders, connections, bench.rounds, seconds or bench.seconds)
    return [load.summary(contender) for contender in contenders]


def ratio(rows, first, second):
    by_name = {row["name"]: row for row in rows}
    return round(by_name[first]["per_second"] / by_name[second]["per_second"], 2)
