"""Web Push without anybody's library: what a browser can read (RFC 8291, RFC 8188), and who sends it (VAPID, RFC 8292).

The service that carries a message sees neither its text nor for whom it is, only an address of its own.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

RECORD = 4096
# A push service takes 4096 bytes: header, key, text, one byte that ends it, and the tag.
MAX_PLAIN = RECORD - 86 - 1 - 16
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TOKEN_LIFE = timedelta(hours=12)


def b64(raw: bytes) -> str:
    """Return base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of base64 for URLs. Raises ``ValueError``."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64 for URLs") from error


def is_browser_key(raw: bytes) -> bool:
    """Return whether these bytes are a point of P-256, uncompressed, as a browser gives it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return len(raw) == 65


def private_key(text: str, fallback: str) -> Any:
    """Return the sender's key: the 32 bytes in ``text`` (base64 for URLs), else one that ``fallback`` always gives.

    Raises ``ValueError`` for a text that is no key.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    if text:
        number = int.from_bytes(unb64(text), "big")
        if len(unb64(text)) != 32 or not 0 < number < _ORDER:
            raise ValueError("not a private key of P-256")
    else:
        seed = hmac.new(fallback.encode(), b"allclear web push", hashlib.sha512).digest()
        number = int.from_bytes(seed, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def public_bytes(private: Any) -> bytes:
    """Return the public point of a private key, uncompressed."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw: bytes = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return raw


def encrypt(
    plain: bytes, browser_key: bytes, auth: bytes, *, salt: bytes | None = None, sender: Any = None
) -> bytes:
    """Return ``plain`` as one aes128gcm record that only this browser can read. Raises ``ValueError`` when too long.

    ``salt`` and ``sender``, the key of this one message, are made up unless a test gives them.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(plain) > MAX_PLAIN:
        raise ValueError(f"{len(plain)} bytes are too many for a push message")
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    salt = salt or secrets.token_bytes(16)
    own = public_bytes(sender)
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_key)
    shared = sender.exchange(ec.ECDH(), browser)
    secret = _derive(auth, shared, b"WebPush: info\0" + browser_key + own, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + AESGCM(key).encrypt(nonce, plain + b"\2", None)


def _derive(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256, for one block at most (RFC 5869)."""
    pseudo_random = hmac.new(salt, material, hashlib.sha256).digest()
    return hmac.new(pseudo_random, info + b"\1", hashlib.sha256).digest()[:length]


def authorization(endpoint: str, private: Any, contact: str, now: datetime) -> str:
    """Return the Authorization header that tells a push service who sends, for half a day."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "sub": contact,
    }
    signed = ".".join(b64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={b64(public_bytes(private))}"
