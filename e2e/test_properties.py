"""Properties over generated values: what goes in comes out, and a query finds exactly what a plain loop finds."""

import pytest
from harness.client import ok
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BOUNDED = settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))

names = st.text(st.characters(exclude_characters="$.\x00", exclude_categories=("Cs",)), min_size=1, max_size=8)


def values(largest_integer):
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-largest_integer, largest_integer)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
    )
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=15
    )


@pytest.fixture(scope="module")
def user(environment):
    environment.create_collection("values", "PRIVATE")
    environment.create_collection("numbers", "PRIVATE")
    environment.deploy("mirror", "exports.main = async (event) => event")
    return environment.user("alice")


def same(left, right):
    """Equal as JSON: 1 is not true, and the order of keys counts."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) or isinstance(right, float):
        return float(left) == float(right)  # a double may be written as a whole number
    return left == right


@BOUNDED
@given(value=values(2**63 - 1))
def test_documents_come_back_as_they_were(user, value):
    identifier = ok(user.database("add", "values", data={"value": value}))["id"]
    stored = ok(user.database("get", "values", id=identifier))["data"]["value"]
    assert same(stored, value)


@pytest.mark.usefixtures("user")
@BOUNDED
@given(value=st.dictionaries(names, values(2**53), max_size=4))
def test_events_pass_through_a_function_as_they_were(environment, value):
    # Not as a user: WeChat's cloud adds `userInfo` to the event of one.
    answer = environment.invoke("mirror", value)
    # JavaScript puts keys that look like array indexes first.
    assert same_in_any_order(answer, value)


def same_in_any_order(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_in_any_order(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_in_any_order, left, right))
    return same(left, right)


numbers = st.lists(st.integers(-50, 50), min_size=1, max_size=12)
comparisons = st.tuples(st.sampled_from(["$lt", "$lte", "$gt", "$gte", "$eq", "$ne"]), st.integers(-50, 50))
PLAIN = {
    "$lt": int.__lt__, "$lte": int.__le__, "$gt": int.__gt__, "$gte": int.__ge__, "$eq": int.__eq__, "$ne": int.__ne__,
}  # fmt: skip


@BOUNDED
@given(held=numbers, first=comparisons, second=comparisons, joined=st.sampled_from(["$and", "$or", "$nor"]))
def test_a_query_finds_what_a_loop_finds(user, held, first, second, joined):
    ok(user.database("remove", "numbers", where={}))
    ok(user.database("add", "numbers", data=[{"n": n} for n in held]))
    where = {joined: [{"n": {operator: bound}} for operator, bound in (first, second)]}
    found = ok(user.database("get", "numbers", where=where, orderBy=[["n", "asc"]], limit=100))["data"]

    def fits(n):
        results = [PLAIN[operator](n, bound) for operator, bound in (first, second)]
        return {"$and": all(results), "$or": any(results), "$nor": not any(results)}[joined]

    assert [document["n"] for document in found] == sorted(n for n in held if fits(n))
