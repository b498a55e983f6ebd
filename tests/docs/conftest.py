"""What the tests of the documentation share: where things are, and the scripts' modules."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As `python scripts/pictures.py` has it.
sys.path.insert(0, str(ROOT / "scripts"))
