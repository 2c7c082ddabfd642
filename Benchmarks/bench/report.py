"""The results as a page for people and as JSON for programs."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
DATA = ROOT / "docs" / "performance.json"
COLUMNS = [
    ("per_second", "requests/s"), ("per_second_range", "range"), ("p50_us", "p50 µs"), ("p90_us", "p90 µs"),
    ("p50_ms", "p50 ms"), ("p95_ms", "p95 ms"), ("p99_ms", "p99 ms"), ("ms_range", "range of ms"),
    ("kilobytes", "kB"), ("cpu_us", "CPU µs/request"), ("rss_mb", "RSS MB"), ("peak_mb", "peak RSS MB"),
    ("workers_rss_mb", "workers' RSS MB"), ("start_ms", "first answer ms"), ("runs", "runs"), ("failed", "failed"),
]  # fmt: skip


def shown(value):
    if isinstance(value, list):
        return "–".join(f"{part:,}" for part in value)
    if isinstance(value, float) and value >= 1000:
        return f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(rows):
    columns = [(key, title) for key, title in COLUMNS if any(key in row for row in rows)]
    yield "| | " + " | ".join(title for _, title in columns) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for row in rows:
        yield f"| {row['name']} | " + " | ".join(shown(row[key]) if key in row else "" for key, _ in columns) + " |"


def verdicts(results):
    yield "| figure | reached | must be | |"
    yield "| --- | ---: | ---: | --- |"
    for result in results:
        for check in result.checks:
            sign = "≥" if check.at_least else "≤"
            yield f"| {result.title}: {check.what} | {check.value:,} | {sign} {check.bound:,} | {'met' if check.met else '**missed**'} |"


def markdown(results, machine):
    yield f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores shared with the load generator, "
    yield f"{machine['memory_gib']} GiB, {machine['system']}, Linux {machine['kernel']}, {machine['swift']}, Node.js {machine['node']}, "
    yield f"{machine['pocketbase']}, PostgreSQL {machine['postgres']}. Medians of interleaved runs."
    yield ""
    yield from verdicts(results)
    for result in results:
        yield from ("", f"### {result.title}", "", *table(result.rows))
        for note in result.notes:
            yield from ("", note)


def write(section, results, machine):
    """Puts the tables between the page's markers of the section, leaves the rest of it alone, and the other cases of the data."""
    begin, end = f"<!-- {section}:begin -->", f"<!-- {section}:end -->"
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Performance\n"
    if begin not in text or end not in text:
        text += f"\n{begin}\n{end}\n"
    before, after = text.split(begin, 1)[0], text.split(end, 1)[1]
    body = "\n".join(markdown(results, machine))
    PAGE.write_text(f"{before}{begin}\n{body}\n{end}{after}", encoding="utf-8")
    data = as_data(results, machine)
    if DATA.exists():
        new = {case["key"] for case in data["cases"]}
        kept = json.loads(DATA.read_text(encoding="utf-8"))["cases"]
        data["cases"] = [case for case in kept if case["key"] not in new] + data["cases"]
    DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def as_data(results, machine):
    cases = [
        {
            "key": result.key,
            "title": result.title,
            "date": machine["date"],
            "rows": result.rows,
            "checks": [{"what": c.what, "value": c.value, "bound": c.bound, "at_least": c.at_least, "met": c.met} for c in result.checks],
            "notes": result.notes,
        }
        for result in results
    ]
    return {"machine": machine, "cases": cases}
