"""An Alipay app whose back end speaks to Sampan through Alipay's own Python SDK."""

import datetime
import http.client
import importlib
import json
import uuid
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlencode, urlsplit

import requests
from alipay.aop.api import DefaultAlipayClient as client_module
from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.util import WebUtils
from alipay.aop.api.util.SignatureUtils import get_sign_content, sign_with_rsa2, verify_with_rsa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PREFIX = "AlipayMarketingActivityOrdervoucher"
BEIJING = datetime.timezone(datetime.timedelta(hours=8))


def beijing(**later):
    """A time as Alipay writes it."""
    return (datetime.datetime.now(BEIJING) + datetime.timedelta(**later)).strftime("%Y-%m-%d %H:%M:%S")


def number():
    return uuid.uuid4().hex


def alipay_activity(**changes):
    """Five yuan off from fifty on, a hundred of them, two for each user, valid for a week."""
    fields = {
        "activity_name": "满50减5", "out_biz_no": number(), "code_mode": "MERCHANT_API", "voucher_type": "FIX_VOUCHER",
        "publish_start_time": beijing(minutes=-1), "publish_end_time": beijing(days=30),
        "voucher_use_rule": {
            "fix_voucher": {"amount": "5.00", "floor_amount": "50.00"},
            "voucher_valid_period": {"type": "RELATIVE", "valid_days_after_receive": 7, "wait_days_after_receive": 0},
            "voucher_available_scope": {
                "voucher_available_type": "CITY_CODE", "order_voucher_available_city_code": {"all_city": True},
            },
        },
        "voucher_send_rule": {"voucher_quantity": 100, "voucher_quantity_limit_per_user": 2},
        "voucher_display_info": {"brand_name": "街角茶馆", "brand_logo": "A*logo", "voucher_description": "工作日可用"},
        "customer_guide": {"voucher_use_guide": {"use_guide_mode": ["MINI_APP"]}}, "merchant_access_mode": "SELF_MODE", **changes,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


class Key:
    """A key pair, as Alipay's tools hand it out: Base64 without PEM lines."""

    def __init__(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = self._bare(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        )
        self.public = self._bare(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    @staticmethod
    def _bare(pem):
        return "".join(pem.decode().splitlines()[1:-1])


class AlipayApp:
    """Calls methods of `alipay.marketing.activity.ordervoucher.*`."""

    def __init__(self, address, app_id, key):
        self.address = address
        self.app_id = app_id
        self.key = key

    def sdk(self, method, **fields):
        """The SDK's own response object for one of the methods, whose signature the SDK has checked."""
        name = PREFIX + method.capitalize()
        model = getattr(importlib.import_module(f"alipay.aop.api.domain.{name}Model"), f"{name}Model").from_alipay_dict(fields)
        request = getattr(importlib.import_module(f"alipay.aop.api.request.{name}Request"), f"{name}Request")(biz_model=model)
        response = getattr(importlib.import_module(f"alipay.aop.api.response.{name}Response"), f"{name}Response")()
        response.parse_response_content(self._execute(request))
        return response

    def _execute(self, request):
        config = AlipayClientConfig()
        config.server_url = f"http://{urlsplit(self.address).hostname}/alipay/gateway.do"
        config.app_id = self.app_id
        config.app_private_key = self.key.private
        config.alipay_public_key = self.key.public

        # The SDK has no way to name another port than 80.
        def connection(host, port, timeout):
            return http.client.HTTPConnection(host, urlsplit(self.address).port, timeout=timeout)

        # It writes the machine's own time, and Alipay wants Beijing's.
        clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: datetime.datetime.now(BEIJING)))
        with (
            mock.patch.object(WebUtils, "httplib", SimpleNamespace(HTTPConnection=connection)),
            mock.patch.object(client_module, "datetime", clock),
        ):
            return client_module.DefaultAlipayClient(config).execute(request)

    def good(self, method, **fields):
        response = self.sdk(method, **fields)
        assert response.is_success() and response.code == "10000", (response.sub_code, response.sub_msg)
        return response

    def refused(self, method, code, **fields):
        """Checks why something is refused; answers the whole answer."""
        response = self.sdk(method, **fields)
        assert (response.sub_code, response.is_success()) == (code, False), (response.sub_code, response.sub_msg)
        assert response.sub_msg
        return json.loads(response.body)

    # By hand, for what no SDK would send.

    def signed(self, method, fields, **changes):
        """The parameters of a request; a change to None leaves one out."""
        parameters = {
            "app_id": self.app_id, "method": method, "charset": "utf-8", "format": "json", "sign_type": "RSA2", "version": "1.0",
            "timestamp": beijing(), "biz_content": json.dumps(fields, ensure_ascii=False), **changes,
        }  # fmt: skip
        parameters = {name: value for name, value in parameters.items() if value is not None}
        parameters.setdefault("sign", sign_with_rsa2(self.key.private, get_sign_content(parameters), "utf-8"))
        return parameters

    def post(self, parameters, **options):
        """The inner answer to parameters that are sent as they are."""
        answer = requests.post(
            self.address + "/alipay/gateway.do", data=urlencode(parameters).encode(), timeout=60,
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8", **options.pop("headers", {})}, **options,
        )  # fmt: skip
        assert answer.status_code == 200
        body = answer.json()
        name = next(name for name in body if name.endswith("_response"))
        if "sign" in body:
            text = answer.content.decode()
            inner = text[text.index(":") + 1 : text.rindex(',"sign"')]
            assert verify_with_rsa(self.key.public, inner.encode(), body["sign"])
        return body[name]
