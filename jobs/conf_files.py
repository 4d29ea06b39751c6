"""Where the shipped configuration lies: inside the wheel, or beside the packages in a checkout."""

from __future__ import annotations

from pathlib import Path


def conf_folder() -> Path:
    """Return the folder that holds `analyses/` and `texts/`."""
    packaged = Path(__file__).parent / "_conf"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "conf"
