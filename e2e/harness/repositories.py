"""Checkouts of public repositories: where they are, and how their functions are called."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.client import ok
from harness.server import plain_environment, program

CHECKOUTS = os.environ.get("SAMPAN_PUBLIC_REPOS")
NO_CHECKOUTS = pytest.mark.skipif(not CHECKOUTS, reason="SAMPAN_PUBLIC_REPOS names no folder of checkouts")


def checkout(repository):
    """The folder of a checkout; a test whose repository is not there is skipped."""
    folder = Path(CHECKOUTS) / repository.replace("/", "+")
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


def deploy(environment, repository, home, inside="."):
    """`sampan deploy` of a checkout, or of a folder in it."""
    variables = {
        "SAMPAN_ENDPOINT": environment.address, "SAMPAN_ENV": environment.id, "SAMPAN_KEY": environment.admin.key, "HOME": str(home),
    }  # fmt: skip
    result = subprocess.run(
        [program(), "deploy", "--path", checkout(repository) / inside], env=plain_environment(**variables), cwd=home,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def called(user, function, event=None):
    return ok(user.call(function, event))


def refusal(user, function, event=None):
    """What a call answers that the function does not survive."""
    response = user.call(function, event)
    assert response.status_code >= 400, response.text
    return response.json()["detail"]
