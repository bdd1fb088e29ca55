"""Signatures of blocks and votes, made and verified. Level: bytes; the one door to the package ``cryptography``.

Keys follow from the seed of the run, so that identities replay. Whoever knows the seed can sign for everybody: these
signatures show what validators would do and what it weighs, and that nothing was damaged; they keep nobody out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Chain
from qvecsim.streams import Streams

REAL = {
    "ml_dsa_44": ("mldsa", "MLDSA44", "from_seed_bytes"),
    "ml_dsa_65": ("mldsa", "MLDSA65", "from_seed_bytes"),
    "ml_dsa_87": ("mldsa", "MLDSA87", "from_seed_bytes"),
    "ed25519": ("ed25519", "Ed25519", "from_private_bytes"),
}
PRODUCER, VOTER = "producer", "voter"


def unavailable(algorithm: str) -> str:
    """Why this algorithm cannot be used here, as a few words; empty where it can."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
    except ImportError as error:
        return _words(error)
    try:
        _private(algorithm, bytes(32))
    except (ImportError, AttributeError, UnsupportedAlgorithm) as error:  # older than ML-DSA, or with an older OpenSSL
        return _words(error)
    return ""


def check(chain: Chain) -> None:
    """Raise where the scenario asks for signatures that cannot be made here."""
    if chain.signing == "real" and (reason := unavailable(chain.signature)):
        raise ScenarioError(
            f"'chain.signing' must be 'model' where {chain.signature} cannot be made (got 'real': {reason}). "
            "Install qvecsim[crypto], or set chain.signing: model."
        )


def block_message(content: bytes) -> bytes:
    """What a producer signs: 32 bytes, the hash of its block."""
    return b"qvecsim block" + content


def vote_message(height: int, number: int, content: bytes) -> bytes:
    """What a voter signs: height and number of the round, eight bytes each, and the hash of the block."""
    return b"qvecsim vote" + height.to_bytes(8, "big") + number.to_bytes(8, "big") + content


def message(role: str, height: int, number: int, content: bytes) -> bytes:
    """What is signed in a role."""
    return block_message(content) if role == PRODUCER else vote_message(height, number, content)


def roles(producer: str, voters: Sequence[str]) -> list[tuple[str, str]]:
    """Who signs a block, and as what, in the order in which it is written."""
    return [(producer, PRODUCER), *((voter, VOTER) for voter in voters)]


class Identity:
    """The key pair of a validator."""

    def __init__(self, algorithm: str, streams: Streams, validator: int) -> None:
        self._key = _private(algorithm, streams.secret(f"signing/{validator}"))
        self.public: str = self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """A signature, in hex; of ML-DSA another one each time, for it is hedged."""
        signature: bytes = self._key.sign(content)
        return signature.hex()


class Notary:
    """All validators of a run, with their keys."""

    def __init__(self, algorithm: str, streams: Streams, names: Sequence[str]) -> None:
        self._algorithm = algorithm
        self._names = names
        self._identity = {name: Identity(algorithm, streams, number) for number, name in enumerate(names)}

    def signed(self, block: Mapping[str, Any]) -> dict[str, Any]:
        """The rows of ``signatures`` for a round, as columns; none where nothing was made."""
        voters = [self._names[number] for number in block["signers"]]
        parties = roles(block["producer"], voters) if block["hash"] else []
        content = bytes.fromhex(block["hash"])
        return {
            "round": block["round"],
            "height": block["height"],
            "validator": [name for name, _ in parties],
            "role": [role for _, role in parties],
            "algorithm": self._algorithm,
            "public_key": [self._identity[name].public for name, _ in parties],
            "signature": [
                self._identity[name].sign(message(role, block["height"], block["round"], content))
                for name, role in parties
            ],
        }


def verified(algorithm: str, public: str, signature: str, content: bytes) -> bool:
    """Whether a signature over these bytes is that of this public key; both in hex, as they are written."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public(algorithm, bytes.fromhex(public)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):  # or no hex digits, or no key
        return False
    return True


def _words(error: Exception) -> str:
    return " ".join(str(error).split())


def _private(algorithm: str, seed: bytes) -> Any:
    module, name, loader = REAL[algorithm]
    return getattr(getattr(_module(module), f"{name}PrivateKey"), loader)(seed)


@cache
def _public(algorithm: str, content: bytes) -> Any:
    module, name, _ = REAL[algorithm]
    return getattr(_module(module), f"{name}PublicKey").from_public_bytes(content)


def _module(name: str) -> Any:
    if name == "mldsa":
        from cryptography.hazmat.primitives.asymmetric import mldsa

        return mldsa
    from cryptography.hazmat.primitives.asymmetric import ed25519

    return ed25519
