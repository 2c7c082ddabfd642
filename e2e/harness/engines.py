"""Where a server keeps its documents: in files, or in the PostgreSQL of `scripts/with-postgres.sh`."""

import os

import pytest

ENGINES = ("files", "postgres")


def variables_of(engine):
    """The variables that a server is started with; a test is skipped where there is no such engine."""
    if engine == "files":
        return {}
    url = os.environ.get("SAMPAN_TEST_POSTGRES")
    if not url:
        pytest.skip("SAMPAN_TEST_POSTGRES is not set: run it with scripts/with-postgres.sh")
    return {"SAMPAN_DOCUMENTS_URL": url}
