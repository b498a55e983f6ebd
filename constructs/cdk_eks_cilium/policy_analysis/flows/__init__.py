"""Flows that Hubble recorded: what each record says about policies, read in bounded memory.

`LineReader` gives the lines of files, `decode` says what the record of one line means, and `Recording` counts
gigabytes of them, because most lines repeat another line.
"""

from .decoding import decode
from .lines import LineReader, input_files
from .record import Conversation, Outcome, Party, Sighting, Unjudged
from .recording import Recording
from .tally import Tally

__all__ = [
    "Conversation",
    "LineReader",
    "Outcome",
    "Party",
    "Recording",
    "Sighting",
    "Tally",
    "Unjudged",
    "decode",
    "input_files",
]
