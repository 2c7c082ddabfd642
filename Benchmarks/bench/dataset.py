"""The documents that every contender holds: 100,000 orders of 1,000 users, the same ones on each run."""

import random

ORDERS = 100_000
USERS = 1_000
GOODS = 100
SAMPLED = 4_000
STATES = ["open", "paid", "sent", "closed"]


def orders():
    chance = random.Random(1)
    for number in range(ORDERS):
        yield {
            "sku": f"sku-{chance.randrange(10_000)}",
            "qty": chance.randrange(1, 10),
            "price": chance.randrange(1, 1_000) + 0.5,
            "user": f"u{number % USERS}",
        }


def shown_orders():
    """The orders with a field that rules look at: every tenth of a user's is shown to its owner only."""
    for number, order in enumerate(orders()):
        yield {**order, "shown": number // USERS % 10 != 0}


def new_order(chance):
    return {
        "sku": f"sku-{chance.randrange(10_000)}",
        "qty": chance.randrange(1, 10),
        "price": chance.randrange(1, 1_000) + 0.5,
        "user": f"u{chance.randrange(USERS)}",
    }


def shop_orders(count):
    """Larger documents, for what goes through all of them: 1,000 shops, four states."""
    chance = random.Random(6)
    for number in range(count):
        yield {
            "_id": f"o-{number:07d}",
            "shop": f"s{chance.randrange(1_000)}",
            "state": STATES[chance.randrange(len(STATES))],
            "total": chance.randrange(1, 1_000) + 0.5,
            "qty": chance.randrange(1, 10),
            "buyer": f"u{chance.randrange(100_000)}",
            "address": {"city": f"city {chance.randrange(300)}", "street": f"street {chance.randrange(5_000)}"},
            "tags": ["a", "b"],
        }


def sample(identifiers):
    """Those ids that the read case asks for."""
    return random.Random(2).sample(identifiers, min(SAMPLED, len(identifiers)))
