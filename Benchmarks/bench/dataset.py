"""The documents that every contender holds: 100,000 orders of 1,000 users, the same ones on each run."""

import random

ORDERS = 100_000
USERS = 1_000
GOODS = 100
SAMPLED = 4_000


def orders():
    chance = random.Random(1)
    for number in range(ORDERS):
        yield {
            "sku": f"sku-{chance.randrange(10_000)}",
            "qty": chance.randrange(1, 10),
            "price": chance.randrange(1, 1_000) + 0.5,
            "user": f"u{number % USERS}",
        }


def new_order(chance):
    return {
        "sku": f"sku-{chance.randrange(10_000)}",
        "qty": chance.randrange(1, 10),
        "price": chance.randrange(1, 1_000) + 0.5,
        "user": f"u{chance.randrange(USERS)}",
    }


def sample(identifiers):
    """Those ids that the read case asks for."""
    return random.Random(2).sample(identifiers, min(SAMPLED, len(identifiers)))
