"""Hold the prose of the project to its word list: subject, verb, object, and words that everyone knows.

    python scripts/plain_english.py [PATH ...]

It reads comments, docstrings and other texts of Python files, and Markdown and YAML outside code. Of a
folder, by default the current one, it reads every file that git tracks. It prints
`file:line: "words": advice`, and exits 1 where it found some.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_NONE: Final = "say what is missing or invalid"
WORDS: Final = (
    (r"(?:is|are|be|was|were|being) none", _NONE),
    (r"(?:has|have|had|needs?|gives?|makes?|takes?|knows?|finds?|names?|holds?|reads?|wants?) none", _NONE),
    (
        r"(?:is|are|be|was|were) no (?!longer|more|less|wider|larger|smaller|older|newer)\w+",
        "say 'is not a ...'",
    ),
    (r"shall", "say must or should"),
    (r"(?:un)?said", "name the subject: 'the settings set', 'the policy allows', 'given'"),
    (r"says? nothing", "name what is not set, or what nothing is reported about"),
    (r"mend(?:s|ed|ing)?", "say fix"),
    (r"to be had", "say available"),
    (r"hardly", "say rarely or almost never"),
    (r"in vain", "say what did not happen"),
    (r"(?:at|of) (?:the )?least said|goes without saying", "say it"),
    (r"let who(?:ever)? ", "name who does it"),
    (r"of use", "say useful"),
    (r"what(?:ever)? is no\b", "say what is not a ..."),
    (r"those that|those of", "name what they are"),
)
"""What reads as translated, with the advice. Words that stand in backquotes are code and may be anything."""

_PATTERNS: Final = [(re.compile(rf"\b{words}\b"), advice) for words, advice in WORDS]
_CODE: Final = re.compile(r"``[^`]*``|`[^`]*`")
_PYTHON_TEXT: Final = {
    tokenize.COMMENT,
    tokenize.STRING,
    getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING),
}
_THIS: Final = Path(__file__).resolve()


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of prose in a file, each with its number."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in _PYTHON_TEXT:
                yield from enumerate(token.string.splitlines(), start=token.start[0])
        return
    fenced = False
    for number, line in enumerate(source.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def findings(path: Path) -> Iterator[str]:
    """Yield what a file says against the word list, a line each."""
    for number, line in texts(path):
        prose = _CODE.sub("``", line)
        for pattern, advice in _PATTERNS:
            for match in pattern.finditer(prose):
                yield f'{path}:{number}: "{match[0]}": {advice}'


def tracked(folder: Path) -> list[Path]:
    """Return the files of prose and code in *folder* that git tracks."""
    kinds = [str(folder / kind) for kind in ("*.py", "*.md", "settings.yaml")]
    listed = subprocess.run(["git", "ls-files", *kinds], capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.splitlines()]


def main(arguments: list[str]) -> int:
    """Check the files and folders named, or everything."""
    named = [Path(name) for name in arguments or ["."]]
    paths = [path for each in named for path in (tracked(each) if each.is_dir() else [each])]
    found = [line for path in paths if path.resolve() != _THIS and path.exists() for line in findings(path)]
    print("\n".join(found) if found else f"{len(paths)} files in plain English")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
