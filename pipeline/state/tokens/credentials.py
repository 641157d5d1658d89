"""Whose is what was cached: a digest of credentials that tells nothing of them."""

import hashlib
import hmac


def digest(key: str, *credentials: str) -> str:
    """16 hex digits that other credentials do not have; keyed, so that nobody finds a secret by trying.

    Args:
        key: A secret of this installation, such as the newest Fernet key.
    """
    said = "".join(f"{len(one)}:{one}" for one in credentials)
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()[:16]
