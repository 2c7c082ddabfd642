"""Checks what no linter knows: long files, words that must not stay, dead links, pages without their other language.

Prints one line a finding, as `path:line: what is wrong`, and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {".git", ".build", ".deps", ".venv", "node_modules", "data", "bench-out", "share", "__pycache__"}
MAXIMUM_LINES = 500

# Spelled in halves so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

# What Swift sources must not hold, and what to do instead.
SWIFT_BANS = [
    (re.compile(r"\btry!"), "a forced try: handle the error"),
    (re.compile(r"\bas!"), "a forced cast: use `as?`"),
    (re.compile(r"\bTask\.detached\b"), "a detached task: make it a child task or a Service"),
    (re.compile(r"\bcatch\s*\{\s*\}"), "an error thrown away in silence"),
]
SWIFT_PRINT = re.compile(r"(?<![\w.])print\(")
SWIFT_UNCHECKED = re.compile(r"@unchecked Sendable|nonisolated\(unsafe\)")

# The rooms that talk to a terminal.
PRINTING_ROOMS = (Path("Sources/Sampan"), Path("Sources/CLI"))

# How a file begins that a program of this checkout makes.
GENERATED = re.compile(r"(?i)\b(generated|built|made) (by|from)\b.*\b(edit|build)")

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^\s*(```|~~~)")


def files_with(*suffixes):
    """Every file of the checkout that ends so, in a stable order, as paths relative to its root."""
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        skipped = any(part in SKIPPED_FOLDERS or part.startswith(".build") for part in relative.parts)
        if path.suffix in suffixes and not skipped and path.is_file():
            yield relative


def lines_of(path):
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def check_length(path, lines):
    generated = any(GENERATED.search(line) for line in lines[:5])
    if len(lines) > MAXIMUM_LINES and not generated:
        yield f"{path}:{MAXIMUM_LINES + 1}: the file has {len(lines)} lines; split what has several reasons to change"


def check_unfinished(path, lines):
    for number, line in enumerate(lines, start=1):
        if UNFINISHED.search(line):
            yield f"{path}:{number}: unfinished work is left here"


def check_swift(path, lines):
    prints_allowed = path.parts[0] != "Sources" or any(path.is_relative_to(room) for room in PRINTING_ROOMS)
    for number, line in enumerate(lines, start=1):
        code = line.split("//", 1)[0]
        for pattern, reason in SWIFT_BANS:
            if pattern.search(code):
                yield f"{path}:{number}: {reason}"
        if not prints_allowed and SWIFT_PRINT.search(code):
            yield f"{path}:{number}: print: use the logger"
        if SWIFT_UNCHECKED.search(code) and not has_reason(lines, number):
            yield f"{path}:{number}: the compiler's check is off without a comment that says why that is safe"


def has_reason(lines, number):
    """Whether a comment stands on that line or in the lines directly above it."""
    if "//" in lines[number - 1]:
        return True
    above = [line.strip() for line in lines[max(0, number - 3) : number - 1]]
    return any(line.startswith("//") for line in above)


def check_links(path, lines):
    fenced = False
    for number, line in enumerate(lines, start=1):
        if FENCE.match(line):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(line):
            if "://" in target or target.startswith(("#", "mailto:")):
                continue
            file = unquote(target.split("#", 1)[0])
            if not (ROOT / path.parent / file).exists():
                yield f"{path}:{number}: the link to {target} leads nowhere"


def check_languages(path):
    if path.name.endswith(".zh-CN.md"):
        english = path.with_name(path.name.removesuffix(".zh-CN.md") + ".md")
        if not (ROOT / english).exists():
            yield f"{path}:1: the English page {english} is missing"


def findings():
    for path in files_with(".swift", ".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".lua"):
        lines = lines_of(path)
        yield from check_length(path, lines)
        yield from check_unfinished(path, lines)
        if path.suffix == ".swift":
            yield from check_swift(path, lines)
    for path in files_with(".md"):
        lines = lines_of(path)
        yield from check_links(path, lines)
        yield from check_unfinished(path, lines)
        yield from check_languages(path)


def main():
    found = list(findings())
    for finding in found:
        print(finding)
    if found:
        print(f"tidy: {len(found)} findings", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
