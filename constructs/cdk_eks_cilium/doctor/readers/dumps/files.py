"""The files of a dump: in a folder, in a zip archive without unpacking it, or one file alone."""

from __future__ import annotations

import codecs
import io
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from .pieces import MIB

_LARGEST_SUM: Final = 16 * 1024 * MIB
"""Bytes of all members of an archive together."""
_LARGEST_RATIO: Final = 300
"""Bytes for a byte of the archive. Pods as JSON are packed some 30 to 1; a bomb of zeros reaches 1032."""
_SMALL: Final = 16 * MIB
"""A member up to this size may be packed as well as it likes."""
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Windows PowerShell redirects output as UTF-16.

https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding
"""


@dataclass(frozen=True)
class DumpFile:
    """A file.

    Attributes:
        name: Its path in the dump, with slashes.
        size: Its bytes.
        opened: Opens it.
    """

    name: str
    size: int
    opened: Callable[[], BinaryIO] = field(repr=False, compare=False)

    @property
    def base(self) -> str:
        """Its name without folders."""
        return self.name.rpartition("/")[2]

    def text(self) -> TextIO:
        """Open it as text.

        Raises:
            OSError: It cannot be read.
        """
        stream = self.opened()
        head = stream.read(4)
        encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
        stream.close()
        # Lines end with a line feed; a carriage return before it stays, which is quicker.
        return io.TextIOWrapper(self.opened(), encoding, errors="replace", newline="\n")


@dataclass(frozen=True)
class Files:
    """The files of a dump.

    Attributes:
        found: The files, by name.
        notes: What is wrong with others.
    """

    found: Sequence[DumpFile]
    notes: tuple[str, ...] = ()


def files_of(path: Path) -> Files:
    """The files of a folder or an archive, or the one file that *path* is.

    Raises:
        OSError: It is missing, or cannot be read.
        ValueError: It is an archive of another form, or a broken one; the text says what to do.
    """
    if path.is_dir():
        return _in_folder(path)
    if zipfile.is_zipfile(path):
        return _in_archive(path)
    with path.open("rb") as stream:
        head = stream.read(262)
    if head.startswith(b"\x1f\x8b") or head[257:262] == b"ustar":
        raise ValueError("must be a folder or a zip archive; unpack it first: tar --extract --file")
    if head.startswith(b"PK"):
        raise ValueError("must be a whole zip archive, and its end is missing; copy it again")
    return Files([DumpFile(path.name, path.stat().st_size, lambda: path.open("rb"))])


def _in_folder(folder: Path) -> Files:
    found, notes = [], []

    def refuse(error: OSError) -> None:
        notes.append(f"{os.path.relpath(error.filename, folder)}: cannot be read ({error.strerror})")

    for parent, _, names in sorted(os.walk(folder, onerror=refuse)):
        for name in sorted(names):
            path = Path(parent, name)
            # A pipe or a device would wait, or never end.
            if path.is_file():
                shown = path.relative_to(folder).as_posix()
                found.append(DumpFile(shown, path.stat().st_size, _opener(path)))
    return Files(found, tuple(notes))


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _in_archive(path: Path) -> Files:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"must be a whole zip archive ({error}); copy it again") from None
    found, notes, total = [], [], 0
    for member in sorted(archive.infolist(), key=lambda each: each.filename):
        if member.is_dir():
            continue
        if member.flag_bits & 1:
            notes.append(f"{member.filename}: is encrypted")
        elif member.file_size > _SMALL and member.file_size > _LARGEST_RATIO * member.compress_size:
            notes.append(
                f"{member.filename}: is not read, its {member.file_size:,} bytes are packed like a bomb"
            )
        elif total + member.file_size > _LARGEST_SUM:
            notes.append(
                f"{member.filename}: is not read, the archive has more than {_LARGEST_SUM // MIB} MiB"
            )
        else:
            total += member.file_size
            found.append(DumpFile(member.filename, member.file_size, _member(archive, member)))
    return Files(found, tuple(notes))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        return archive.open(member)  # type: ignore[return-value]

    return opened
