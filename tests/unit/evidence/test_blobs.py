"""Blobs: named by the hash of the stored bytes, written once, never believed when changed."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.errors import EvidenceError
from opsrunner.evidence.blobs import BlobStore
from tests.unit.evidence.recording import flip


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    made = BlobStore(tmp_path)
    made.create()
    return made


def plant(blobs: BlobStore, stored: bytes) -> str:
    """Given bytes, place them as a blob with the right name, as a hostile tool could."""
    sha = hashlib.sha256(stored).hexdigest()
    blobs.path(sha).write_bytes(stored)
    return sha


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=5000))
def test_what_was_put_comes_back(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        blobs = BlobStore(Path(folder))
        blobs.create()
        assert blobs.get(blobs.put(data)) == data


def test_sha256sum_gives_the_name(blobs: BlobStore) -> None:
    sha = blobs.put(b"sshd: permitrootlogin no\n" * 100)
    path = blobs.path(sha)
    out = subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, check=True)
    assert out.stdout.split()[0] == sha == path.name.removesuffix(".zst")
    assert path.parent.name == sha[:2]
    assert path.stat().st_mode & 0o777 == 0o400


def test_putting_again_writes_nothing(blobs: BlobStore) -> None:
    sha = blobs.put(b"same")
    before = blobs.path(sha).stat()
    assert blobs.put(b"same") == sha
    after = blobs.path(sha).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert not list((blobs.root / "tmp").iterdir())


@pytest.mark.parametrize("left", [b"", b"\0" * 13], ids=["empty", "zeros"])
def test_a_name_left_without_its_content_is_filled_again(blobs: BlobStore, left: bytes) -> None:
    """A power cut may leave the name of a blob whose bytes never reached the disk."""
    sha = blobs.put(b"same")
    blobs.path(sha).chmod(0o600)
    blobs.path(sha).write_bytes(left)
    with pytest.raises(EvidenceError):
        blobs.get(sha)
    assert blobs.put(b"same") == sha
    assert blobs.get(sha) == b"same"


def test_every_flipped_byte_is_refused(blobs: BlobStore) -> None:
    sha = blobs.put(b"permitrootlogin no")
    path = blobs.path(sha)
    for offset in range(path.stat().st_size):
        flip(path, offset)
        with pytest.raises(EvidenceError, match=f"{sha} was changed"):
            blobs.get(sha)
        flip(path, offset)
    assert blobs.get(sha) == b"permitrootlogin no"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "0" * 65])
def test_what_is_no_hash_is_no_path(blobs: BlobStore, name: str) -> None:
    with pytest.raises(EvidenceError, match="not the SHA-256"):
        blobs.get(name)


def test_a_missing_blob_is_an_error(blobs: BlobStore) -> None:
    with pytest.raises(EvidenceError, match="cannot read evidence blob"):
        blobs.get("0" * 64)
    with pytest.raises(EvidenceError, match="never stored"):
        blobs.require(["0" * 64])


def test_a_bomb_does_not_go_off(blobs: BlobStore) -> None:
    sha = blobs.put(bytes(8 << 20))
    assert blobs.path(sha).stat().st_size < 10_000
    with pytest.raises(EvidenceError, match="unpacks to 8388608 bytes"):
        blobs.get(sha, max_output_size=(8 << 20) - 1)
    assert len(blobs.get(sha, max_output_size=8 << 20)) == 8 << 20


def test_a_bomb_that_hides_its_size_is_refused(blobs: BlobStore) -> None:
    params = zstandard.ZstdCompressionParameters.from_level(3, write_content_size=False)
    silent = zstandard.ZstdCompressor(compression_params=params).compress(bytes(8 << 20))
    with pytest.raises(EvidenceError, match="unpacks to -1"):
        blobs.get(plant(blobs, silent))


def test_a_bomb_that_lies_about_its_size_is_refused(blobs: BlobStore) -> None:
    honest = bytearray(zstandard.ZstdCompressor(level=3).compress(bytes(8 << 20)))
    size = (8 << 20).to_bytes(4, "little")
    assert size in honest[:16]
    liar = bytes(honest).replace(size, (1000).to_bytes(4, "little"), 1)
    with pytest.raises(EvidenceError, match="cannot be unpacked"):
        blobs.get(plant(blobs, liar))


def test_what_is_no_zstd_is_refused(blobs: BlobStore) -> None:
    with pytest.raises(EvidenceError, match="cannot be unpacked"):
        blobs.get(plant(blobs, b"plain text"))


def put_many(blobs: BlobStore) -> list[str]:
    return [blobs.put(b"content %d" % number) for number in range(200)]


def test_worker_processes_put_the_same_blobs_at_once(blobs: BlobStore) -> None:
    assert pickle.loads(pickle.dumps(blobs)) == blobs  # noqa: S301 - our own bytes
    with ProcessPoolExecutor(4) as pool:
        first, *others = pool.map(put_many, [blobs] * 4)
    assert all(other == first for other in others)
    assert [blobs.get(sha) for sha in first] == [b"content %d" % number for number in range(200)]
    assert not list((blobs.root / "tmp").iterdir())


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot write evidence blob"):
        BlobStore(tmp_path / "nowhere").put(b"data")
