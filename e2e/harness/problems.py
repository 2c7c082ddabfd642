"""What every refusal must look like."""

NOT_TOLD = ("Traceback", "fatalError", ".swift", "SQLite error", "sqlite3", "/data/env", "no such table")


def assert_problem(response, status, code=None):
    """A problem document with a code, a request id that the header repeats, and nothing of the server's inside."""
    statuses = status if isinstance(status, (tuple, set, list)) else (status,)
    assert response.status_code in statuses, f"{response.status_code} instead of {statuses}: {response.text[:500]}"
    assert response.headers["Content-Type"].startswith("application/problem+json"), response.headers
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["code"].replace("_", "").isupper(), problem
    assert problem["title"], problem
    assert problem["detail"], problem
    assert problem["requestId"] == response.headers["x-request-id"]
    if code is not None:
        assert problem["code"] in ((code,) if isinstance(code, str) else code), problem
    leaked = [word for word in NOT_TOLD if word in response.text]
    assert not leaked, f"the answer tells {leaked}: {response.text[:500]}"
    return problem
