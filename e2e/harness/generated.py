"""A Python client that a public generator makes from the server's own description."""

import functools
import importlib
import inspect
import pkgutil
import subprocess
import sys
import typing
from enum import Enum
from pathlib import Path

import attrs

PACKAGE = "sampan_client"


def generate(description, folder):
    """Makes the client from the text of `/openapi.yaml`; answers its package and what the generator said."""
    file = folder / "openapi.yaml"
    file.write_text(description, encoding="utf-8")
    settings = folder / "settings.yaml"
    # Formatting what nobody reads takes longer than making it.
    settings.write_text("post_hooks: []\n")
    program = Path(sys.executable).with_name("openapi-python-client")
    command = [
        program, "generate", "--path", file, "--output-path", folder / PACKAGE, "--meta", "none", "--config", settings,
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    sys.path.insert(0, str(folder))
    return importlib.import_module(PACKAGE), said


class Generated:
    """One caller: `api.create_environment(body={...})` calls the operation of that name."""

    def __init__(self, package, address, token):
        self.package = package
        kind = package.AuthenticatedClient if token else package.Client
        options = {"token": token} if token else {}
        self.client = kind(base_url=address, httpx_args={"trust_env": False}, timeout=60, **options)

    @staticmethod
    @functools.cache
    def operations():
        """The names of all operations."""
        api = importlib.import_module(f"{PACKAGE}.api")
        modules = (name for _, name, is_package in pkgutil.walk_packages(api.__path__, f"{PACKAGE}.api.") if not is_package)
        return {name.rpartition(".")[2]: name for name in modules}

    def __getattr__(self, operation):
        call = importlib.import_module(Generated.operations()[operation]).sync_detailed

        def answer(*arguments, body=None, **options):
            if body is not None:
                options["body"] = body
            wanted = inspect.signature(call, eval_str=True).parameters
            options = {name: typed(value, wanted[name].annotation) for name, value in options.items()}
            response = call(*arguments, client=self.client, **options)
            unknown = list(undescribed(response.parsed))
            assert not unknown, f"{operation} answers what is not described: {unknown}"
            return response

        return answer


def typed(value, wanted):
    """A plain value as the generated code wants it: a model, a word of a few, or as it is."""
    for kind in typing.get_args(wanted) or (wanted,):
        if isinstance(value, dict) and hasattr(kind, "from_dict"):
            return kind.from_dict(value)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(value)
    return value


def undescribed(value, path=""):
    """Members of an answer that the description does not have, at any depth; `{}` in the description allows any."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from undescribed(item, f"{path}[{index}]")
    elif attrs.has(type(value)) and not isinstance(value, Enum):
        fields = [each.name for each in attrs.fields(type(value))]
        if fields != ["additional_properties"] and type(value).__name__ != "Problem":
            yield from (f"{path}.{name}" for name in getattr(value, "additional_properties", {}))
        for name in fields:
            if name != "additional_properties":
                yield from undescribed(getattr(value, name), f"{path}.{name}")
