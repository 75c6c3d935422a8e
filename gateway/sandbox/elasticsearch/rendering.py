"""Answers as text: compact or pretty JSON, and only the fields that a filter path lets through."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from gateway.sandbox.elasticsearch.pages import matches


def rendered(payload: Any, *, is_pretty: bool) -> bytes:
    if is_pretty:
        text = _pretty(payload, "\n") + "\n"
    else:
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")


def _pretty(payload: Any, newline: str) -> str:
    inner = newline + "  "
    if isinstance(payload, dict):
        items = [f"{_pretty(name, inner)} : {_pretty(value, inner)}" for name, value in payload.items()]
        return _block("{", items, "}", newline)
    if isinstance(payload, list):
        return _block("[", [_pretty(value, inner) for value in payload], "]", newline)
    return json.dumps(payload, ensure_ascii=False)


def _block(start: str, items: Sequence[str], end: str, newline: str) -> str:
    if not items:
        return f"{start} {end}"
    return f"{start}{newline}  {f',{newline}  '.join(items)}{newline}{end}"


def filtered(payload: Any, filter_path: str) -> Any:
    """What the paths of `a.b,-c.*` keep: those named, or all if none is, less those with a minus."""
    paths = [path.strip() for path in filter_path.split(",") if path.strip()]
    wanted = [path.split(".") for path in paths if not path.startswith("-")]
    unwanted = [path[1:].split(".") for path in paths if path.startswith("-")]
    if wanted:
        payload = _kept(payload, wanted)
    return _dropped({} if payload is None else payload, unwanted)


def _kept(payload: Any, paths: list[list[str]]) -> Any:
    """The part of a payload that the paths reach, None if none does."""
    if any(not path or path == ["**"] for path in paths):
        return payload
    if isinstance(payload, list):
        return [kept for item in payload if (kept := _kept(item, paths)) is not None] or None
    if not isinstance(payload, dict):
        return None
    inner = {name: _kept(value, _below(paths, name)) for name, value in payload.items()}
    return {name: value for name, value in inner.items() if value is not None} or None


def _dropped(payload: Any, paths: list[list[str]]) -> Any:
    """A payload without what the paths reach."""
    if isinstance(payload, list):
        return [_dropped(item, paths) for item in payload]
    if not isinstance(payload, dict):
        return payload
    below = {name: _below(paths, name) for name in payload}
    return {name: _dropped(value, below[name]) for name, value in payload.items() if [] not in below[name]}


def _below(paths: Iterable[list[str]], name: str) -> list[list[str]]:
    """What remains of the paths one step down, through the field `name`; "**" may stay or end there."""
    below = []
    for path in paths:
        if not path:
            continue
        if path[0] == "**":
            below += [path, *_below([path[1:]], name)]
        elif matches(path[0], name):
            below.append(path[1:])
    return below
