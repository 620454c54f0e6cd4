"""Adds the program to the wheel, if REGROK_PROGRAM names a tree that `make dist` made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WithProgram(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the program's bin/, lib/ and share/ where it expects them: into the environment's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        tree = os.environ.get("REGROK_PROGRAM")
        if not tree:
            return
        root = Path(tree)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ['REGROK_PLATFORM']}"
        build_data["shared_scripts"][str(root / "bin" / "regrok")] = "regrok"
        for folder in ("lib", "share"):
            build_data["shared_data"][str(root / folder)] = folder
