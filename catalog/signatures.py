"""Ed25519 signatures of what is checked outside of the installation."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)


def key_from_secret(secret: str) -> Ed25519PrivateKey:
    """Return the key pair that belongs to a long random secret."""
    return Ed25519PrivateKey.from_private_bytes(sha256(secret.encode()).digest())


def public_key_text(key: Ed25519PrivateKey) -> str:
    """Return the 32 bytes of the public key as base64url."""
    return urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()


def sign(key: Ed25519PrivateKey, content: bytes) -> str:
    """Return the signature as base64url."""
    return urlsafe_b64encode(key.sign(content)).decode()


def is_signed(public_key: str, content: bytes, signature: str) -> bool:
    """Return True if the owner of a public key signed exactly this; False for what is no key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(public_key))
        key.verify(urlsafe_b64decode(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
