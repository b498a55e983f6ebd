"""Server-side apply: a manager adds the fields that it names, and removes the fields that it stops naming.

The real server keeps the owner of every field in ``managedFields``. This module keeps the last configuration
of each manager beside the objects, which gives the same result for managers that do not share fields.
Conflicts are not raised: the last manager wins, as with ``--force-conflicts``.
"""

from __future__ import annotations

import copy
from typing import Any

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.patches import list_key, merge_keyed


class AppliedConfigurations:
    """The last configuration by object and field manager."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], Object] = {}

    def apply(self, uid: str, manager: str, live: Object, configuration: Object) -> Object:
        """The object after ``manager`` has applied ``configuration`` to ``live``."""
        pruned = _without_abandoned(live, self._last.get((uid, manager), {}), configuration)
        return _merged(pruned, configuration)

    def remember(self, uid: str, manager: str, configuration: Object) -> None:
        """Keep a configuration that was applied and stored."""
        self._last[uid, manager] = copy.deepcopy(configuration)

    def forget(self, uid: str) -> None:
        """Drop the configurations of a deleted object."""
        for key in [key for key in self._last if key[0] == uid]:
            del self._last[key]


def _without_abandoned(live: Any, previous: Any, current: Any, field: str = "") -> Any:
    """``live`` without the fields that are in ``previous`` and no longer in ``current``."""
    if isinstance(live, dict) and isinstance(previous, dict):
        named = current if isinstance(current, dict) else {}
        result = {}
        for key, value in live.items():
            if key not in previous:
                result[key] = value
                continue
            kept = _without_abandoned(value, previous[key], named.get(key), key)
            if key in named or (isinstance(kept, dict | list) and kept):
                result[key] = kept
        return result
    if isinstance(live, list) and isinstance(previous, list):
        named_items = current if isinstance(current, list) else []
        key = list_key(field, [*live, *previous, *named_items])
        if key is None:
            return live if current is not None else None
        before = {item[key]: item for item in previous}
        now = {item[key]: item for item in named_items}
        items = []
        for item in live:
            identity = item[key]
            if identity not in before:
                items.append(item)
            elif identity in now:
                items.append(_without_abandoned(item, before[identity], now[identity]))
        return items
    return live if current is not None else None


def _merged(live: Object, configuration: Object) -> Object:
    result = dict(live)
    for key, value in configuration.items():
        old = result.get(key)
        if value is None:
            continue
        if isinstance(value, dict):
            result[key] = _merged(old if isinstance(old, dict) else {}, value)
        elif isinstance(value, list):
            items = old if isinstance(old, list) else []
            identity = list_key(key, [*items, *value])
            result[key] = merge_keyed(items, value, identity, _merged) if identity else copy.deepcopy(value)
        else:
            result[key] = value
    return result
