"""A digest of credentials that names what was cached with them."""

import hashlib
import hmac


def digest(key: str, *credentials: str) -> str:
    """16 hex digits for these credentials; keyed, so that no secret can be found by trying.

    Args:
        key: A secret of this installation, such as the newest Fernet key.
    """
    said = "".join(f"{len(one)}:{one}" for one in credentials)
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()[:16]
