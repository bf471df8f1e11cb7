"""One module per engine: the module's name is the engine's, its `build` makes it.

An engine that needs a heavy library imports it inside `build`.
"""

from importlib import import_module
from pkgutil import iter_modules

from ai_service.engine import EngineFactory


def engine_factories() -> dict[str, EngineFactory]:
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").build for name in names}
