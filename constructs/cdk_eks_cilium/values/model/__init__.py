"""The typed values, a section a file; each file names in ``__all__`` what is for users."""

# ruff: noqa: F403
from __future__ import annotations

from .addresses import *
from .cilium_values import *
from .datapath import *
from .encryption import *
from .features import *
from .hubble import *
from .pods import *
