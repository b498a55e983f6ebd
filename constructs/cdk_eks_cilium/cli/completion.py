"""``completion``: a script that completes commands and options in bash, zsh or fish."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from .answer import Answer
from .main import COMMANDS, GROUPS, PROGRAM, module_of

_FUNCTION: Final = "_cdk_eks_cilium"


@dataclass(frozen=True)
class _Option:
    """An option of a command; without *flags* its argument."""

    flags: Sequence[str]
    help: str
    takes_value: bool
    choices: Sequence[str]


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("shell", choices=sorted(_SCRIPTS), help="the shell")


def run(options: argparse.Namespace) -> Answer:
    """Print a script that completes commands and options in a shell.

    For bash or zsh, add a line to ~/.bashrc or ~/.zshrc: eval "$(cdk-eks-cilium completion bash)". For fish,
    write it to ~/.config/fish/completions/cdk-eks-cilium.fish.
    """
    return Answer(None, ["\n".join(_SCRIPTS[options.shell]()) + "\n"])


def _options() -> Mapping[str, list[_Option]]:
    """The options of each command, from its own declaration."""
    found = {}
    for name in COMMANDS:
        parser = argparse.ArgumentParser()
        module: Any = import_module(module_of(name), __package__)
        module.declare(parser)
        found[name] = [
            _Option(
                each.option_strings,
                (each.help or "").partition(" (")[0].replace("%%", "%"),
                each.nargs != 0,
                [str(choice) for choice in each.choices or ()],
            )
            for each in parser._actions
        ]
    return found


def _bash() -> Iterator[str]:
    """A function for `complete`. Where nothing matches, bash completes the names of files."""
    yield f"{_FUNCTION}() {{"
    yield "  local words= word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}"
    yield '  case "${COMP_WORDS[*]:1:$((COMP_CWORD-1))} " in'
    found = _options()
    for group in GROUPS:
        flags = [flag for each in found.get(group, ()) for flag in each.flags]
        yield f"    '{group} ') words='{' '.join([*_below(group), *flags])}' ;;"
    # bash takes the first that fits: what is below a command comes before the command.
    for name, options in sorted(found.items(), key=lambda each: -len(each[0].split())):
        yield f"    '{name} '*)"
        yield "      case $before in"
        for each in options:
            if each.flags and each.choices:
                yield f"        {'|'.join(each.flags)}) words='{' '.join(each.choices)}' ;;"
            elif each.flags and each.takes_value:
                yield f"        {'|'.join(each.flags)}) ;;"
        flags = [flag for each in options for flag in each.flags or each.choices]
        yield f"        *) words='{' '.join(flags)}' ;;"
        yield "      esac ;;"
    yield f"    ' ') words='{' '.join(_top())} --help --version' ;;"
    yield "  esac"
    yield '  COMPREPLY=($(compgen -W "$words" -- "$word"))'
    yield "}"
    yield f"complete -o default -F {_FUNCTION} {PROGRAM}"


def _zsh() -> Iterator[str]:
    """The same: zsh has the functions of bash, and begins to count words at one."""
    yield "autoload -U +X compinit && compinit"
    yield "autoload -U +X bashcompinit && bashcompinit"
    yield from _bash()


def _fish() -> Iterator[str]:
    begin = f"complete -c {PROGRAM}"
    yield f"{begin} -n __fish_use_subcommand -f -l version -d 'print the version'"
    for name in _top():
        what = GROUPS.get(name) or COMMANDS[name]
        yield f"{begin} -n __fish_use_subcommand -f -a {name} -d {_quoted(what)}"
    for group in GROUPS:
        below = " ".join(_below(group))
        unseen = f"__fish_seen_subcommand_from {group}; and not __fish_seen_subcommand_from {below}"
        for own in _below(group):
            yield f"{begin} -n '{unseen}' -f -a {own} -d {_quoted(COMMANDS[f'{group} {own}'])}"
    for name, options in _options().items():
        seen = "; and ".join(f"__fish_seen_subcommand_from {part}" for part in name.split())
        if name in GROUPS:
            seen += f"; and not __fish_seen_subcommand_from {' '.join(_below(name))}"
        for each in options:
            long = [f"-l {flag.removeprefix('--')}" for flag in each.flags if flag.startswith("--")]
            short = [f"-s {flag[1:]}" for flag in each.flags if not flag.startswith("--")]
            values = [f"-x -a '{' '.join(each.choices)}'"] if each.choices else ["-r"] * each.takes_value
            if each.flags or each.choices:
                form = " ".join([*short, *long, *(values if each.flags else [values[0].replace("-x", "-f")])])
                yield f"{begin} -n '{seen}' {form} -d {_quoted(each.help)}"


def _top() -> list[str]:
    return list(dict.fromkeys(name.split()[0] for name in COMMANDS))


def _below(group: str) -> list[str]:
    return [name.split()[1] for name in COMMANDS if name.startswith(f"{group} ")]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SCRIPTS: Final = {"bash": _bash, "fish": _fish, "zsh": _zsh}
