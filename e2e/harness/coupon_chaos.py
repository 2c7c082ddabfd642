"""People who claim and use coupons of a server that dies again and again, and what they wrote down of its answers."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

GIVE_UP_SECONDS = 30


class Record:
    """What was answered, by the clients' own account: nothing in here was read from the ledger."""

    def __init__(self):
        self.lock = threading.Lock()
        # (batch, openid, outBizNo) to what was sent and the coupon that was given.
        self.claims = {}
        # (batch, openid, code) of those that were refused.
        self.refused_claims = []
        # (step, outBizNo) to where it was sent, what was sent and the receipts that came back.
        self.steps = {}
        self.refused_steps = Counter()
        # Whose each coupon is.
        self.owners = {}
        self.retries = 0
        self.twins = 0
        self.broken = []

    def note(self, change):
        with self.lock:
            change()

    def answers(self):
        """How many requests were answered, well or not."""
        return len(self.claims) + len(self.refused_claims) + len(self.steps) + sum(self.refused_steps.values())

    def coupons(self):
        """Every coupon that was given: its id to its batch and user."""
        return {coupon: key[:2] for key, (_, coupon) in self.claims.items()}

    def receipts(self, step):
        """`(coupon, order, receipt)` of every answered step of a kind."""
        for (name, _), (_, body, receipts) in self.steps.items():
            if name == step:
                for receipt in receipts:
                    yield receipt["id"], body.get("order", ""), receipt


class Sender:
    """Sends a request until it is answered, now and then twice at once."""

    def __init__(self, admin, environment, record, seed):
        self.address = admin.address
        self.environment = environment.id
        self.key = admin.key
        self.record = record
        self.chance = random.Random(seed)
        self.sessions = [requests.Session() for _ in range(2)]
        for session in self.sessions:
            session.trust_env = False
        self.pool = ThreadPoolExecutor(2)

    def management(self, path):
        return f"/admin/v1/environments/{self.environment}/coupons/{path}", self.key

    def post(self, target, body):
        """The status and JSON of the answer."""
        if self.chance.random() > 0.1:
            return self.once(0, target, body)
        self.record.note(lambda: setattr(self.record, "twins", self.record.twins + 1))
        answers = list(self.pool.map(lambda n: self.once(n, target, body), range(2)))
        good = [answer for answer in answers if answer[0] == 200]
        # Somebody else's step between the two may make the second one possible; nothing makes it another one.
        if len(good) == 1 and "claim" in target[0] or len(good) == 2 and what_it_says(good[0]) != what_it_says(good[1]):
            self.record.note(lambda: self.record.broken.append(f"{target[0]} {body}: {answers}"))
        return (good or answers)[0]

    def once(self, session, target, body):
        path, token = target
        headers = {"Authorization": f"Bearer {token}", "x-sampan-env": self.environment}
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = self.sessions[session].post(self.address + path, json=body, headers=headers, timeout=10)
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer.status_code, answer.json()
            except (requests.exceptions.RequestException, ValueError):
                pass  # the server died, perhaps in the middle of its answer: the same once more
            self.record.note(lambda: setattr(self.record, "retries", self.record.retries + 1))
            time.sleep(0.02)
        raise AssertionError(f"no answer within {GIVE_UP_SECONDS} s: {path} {body}")

    def close(self):
        self.pool.shutdown()
        for session in self.sessions:
            session.close()


def what_it_says(answer):
    """An answer without what may differ when it is given again."""
    status, body = answer
    if status != 200:
        return body["code"]
    return body["coupon"]["id"] if "coupon" in body else body["coupons"]


class Person(threading.Thread):
    """Does one thing after the other for some users, as long as the world goes on."""

    def __init__(self, number, users, batches, sender, record, world):
        super().__init__(name=f"person-{number}")
        self.number = number
        self.users = users
        self.batches = batches
        self.sender = sender
        self.chance = sender.chance
        self.record = record
        self.world = world
        self.count = 0

    def run(self):
        try:
            while not self.world.is_over.is_set():
                self.world.goes_on.wait()
                self.act()
        except Exception as error:  # noqa: BLE001 - whatever ends a person ends the test, with its seed
            text = f"{self.name}: {error!r}"
            self.record.note(lambda: self.record.broken.append(text))
        finally:
            self.sender.close()

    def act(self):
        dice = self.chance.random()
        if dice < 0.45 or not self.record.claims:
            self.claim()
        elif dice < 0.6:
            self.lock_and_go_on()
        elif dice < 0.8:
            self.step("redeem", self.any_coupons(), order=self.name_of("order"))
        elif dice < 0.93:
            self.refund()
        else:
            self.step("void", self.any_coupons()[:1])

    def name_of(self, what):
        self.count += 1
        return f"{what}-{self.number}-{self.count}"

    def any_coupons(self):
        """One or two of anybody's."""
        with self.record.lock:
            known = list(self.record.owners)
        return self.chance.sample(known, min(len(known), self.chance.randint(1, 2)))

    def claim(self):
        openid, token = self.chance.choice(self.users)
        batch = self.chance.choices(list(self.batches), weights=[6, 1, 3])[0]
        body = {"outBizNo": self.name_of("claim"), "device": f"device-{self.chance.randrange(12)}"}
        status, answer = self.sender.post((f"/v1/coupons/batches/{batch}/claim", token), body)
        key = (batch, openid, body["outBizNo"])

        def note():
            if status == 200:
                self.record.claims[key] = (body, answer["coupon"]["id"])
                self.record.owners[answer["coupon"]["id"]] = openid
            else:
                self.record.refused_claims.append((batch, openid, answer["code"]))

        self.record.note(note)

    def lock_and_go_on(self):
        """A user keeps a coupon for an order, which is then paid, given up or forgotten."""
        mine = dict(self.users)
        with self.record.lock:
            theirs = [coupon for coupon, openid in self.record.owners.items() if openid in mine]
        if not theirs:
            return
        coupon = self.chance.choice(theirs)
        order, token = self.name_of("order"), mine[self.record.owners[coupon]]
        if not self.step("lock", [coupon], order=order, token=token):
            return
        dice = self.chance.random()
        if dice < 0.5:
            self.step("redeem", [coupon], order=order)
        elif dice < 0.9:
            self.step("release", [coupon], order=order, token=token)

    def refund(self):
        with self.record.lock:
            used = [body for (name, _), (_, body, _) in self.record.steps.items() if name == "redeem"]
        if used:
            body = self.chance.choice(used)
            self.step("refund", body["coupons"], order=body["order"])

    def step(self, name, coupons, order=None, token=None):
        body = {"coupons": coupons, "outBizNo": self.name_of(name)}
        if order:
            body["order"] = order
        if name == "redeem" and self.chance.random() < 0.7:
            body["amounts"] = [self.chance.randint(1, 400) for _ in coupons]
        target = (f"/v1/coupons/{name}", token) if token else self.sender.management(name)
        status, answer = self.sender.post(target, body)

        def note():
            if status == 200:
                self.record.steps[name, body["outBizNo"]] = (target, body, answer["coupons"])
            else:
                self.record.refused_steps[answer["code"]] += 1

        self.record.note(note)
        return status == 200


class World:
    """Whether people act, pause, or go home."""

    def __init__(self):
        self.is_over = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()
