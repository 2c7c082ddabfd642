"""A merchant: an organization, its environment, and the people who work there."""

import itertools

import requests

from harness.client import ok
from harness.console import PASSWORD
from harness.coupons import Merchant

_numbers = itertools.count()


class TeaHouse:
    """An organization with one environment, and the people who work there."""

    def __init__(self, operator):
        self.operator = operator
        self.organization = ok(operator.request("POST", "/organizations", json={"name": "Tea House", "kind": "merchant"}), 201)["id"]
        made = ok(operator.request("POST", "/environments", json={"name": "shop", "organization": self.organization}), 201)
        self.environment = operator.environment(made["id"])
        self.environment.change_settings(developmentLogin=True)
        self.merchant = Merchant(self.environment)
        self.home = f"/console/env/{made['id']}/coupons"

    def join(self, role="operator", name="Mei"):
        """The email of somebody new."""
        email = f"{role}-{next(_numbers)}@tea.example"
        offer = {"email": email, "role": role}
        invitation = ok(self.operator.request("POST", f"/organizations/{self.organization}/invitations", json=offer), 201)
        accepted = {"token": invitation["token"], "name": name, "password": PASSWORD}
        ok(requests.post(f"{self.operator.address}/admin/v1/invitations/accept", json=accepted, timeout=60), 201)
        return email

    def batches(self):
        return ok(self.merchant.ask("GET", "/batches"))["batches"]
