"""The key that hides customer keys: from the environment, or made once per lake on a laptop."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from jobs.errors import UsageError
from jobs.lake import Lake

ENVIRONMENT_NAME = "CUSTOMER360_HMAC_KEY"
_SHORTEST = 16


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A secret and its public id; the secret is never shown."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Return the published id: members are only comparable under the same one."""
        return hashlib.sha256(b"customer360 key id" + self.secret).hexdigest()[:12]


def secret_key(lake: Lake) -> SecretKey:
    """Return the HMAC key of a lake.

    Raises:
        UsageError: The key is too short, or the lake is not local and no key is given.
    """
    given = os.environ.get(ENVIRONMENT_NAME)
    if given is not None:
        if len(given) < _SHORTEST:
            raise UsageError(
                f"{ENVIRONMENT_NAME} is shorter than {_SHORTEST} characters",
                advice="make one with: python -c 'import secrets; print(secrets.token_hex(32))'",
            )
        return SecretKey(given.encode())
    if lake.is_catalog or ":" in lake.base:
        raise UsageError(
            f"{ENVIRONMENT_NAME} is not set; a lake that is no local folder needs it to hide customer keys",
            advice="set it from your secret scope",
        )
    return SecretKey(_local_key(lake))


def _local_key(lake: Lake) -> bytes:
    """Return the lake's own key from the user's configuration folder, outside lake and repository."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "customer360" / "keys"
    path = home / f"{hashlib.sha256(lake.base.encode()).hexdigest()[:32]}.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = home / f".{path.name}.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            os.link(fresh, path)  # fails when another process was first: its key wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip().encode()
