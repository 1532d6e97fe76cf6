"""What a column has to hold, read from the raw JSON without any code of the connector."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bitbucket_source.tables import Type


class Absent:
    """The JSON does not have the value at all."""

    def __repr__(self) -> str:
        return "absent"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()
_TIMESTAMP = re.compile(
    r"(?P<whole>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1)


def value_at(path: str, found: Any) -> Any:
    """The value at a column's path in parsed JSON; ABSENT where a step of it is missing, None where it is null."""
    for step in path.split("."):
        name, _, wanted = step.rstrip("]").partition("[")
        if not isinstance(found, dict):
            return found if found is None else ABSENT
        found = found.get(name, ABSENT)
        if wanted and isinstance(found, (list, str)):
            found = _picked(wanted, found)
    return found


def _picked(wanted: str, found: Any) -> Any:
    if wanted == "#":
        return len(found)
    if wanted == "origin":
        return re.sub(r"(?<!/)/(?!/).*", "", found)
    named = [item for item in found if item["name"] == wanted.removeprefix("name=")]
    return named[0] if named else ABSENT


def stored(kind: Type, value: Any) -> Any:
    """The value as the warehouse has to give it back: a moment as microseconds since 1970, cut and not rounded."""
    if value is None:
        return None
    if kind is Type.TIMESTAMP:
        return microseconds(value)
    if kind is Type.TEXT:
        return value.replace("\x00", "\ufffd")
    return value


def microseconds(text: str) -> int:
    """Microseconds since 1970 of any of Bitbucket's timestamps (FACTS 10); what has no offset is UTC."""
    match = _TIMESTAMP.fullmatch(text)
    assert match, f"no timestamp: {text}"
    whole = (datetime.strptime(match["whole"], "%Y-%m-%dT%H:%M:%S") - _EPOCH) // timedelta(seconds=1)
    exact = Decimal(whole - _offset_seconds(match["zone"])) + Decimal(match["fraction"] or 0)
    return int((exact * 1_000_000).to_integral_value("ROUND_FLOOR"))


def as_datetime(text: str) -> datetime:
    """The same moment as a datetime in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(text))


def _offset_seconds(zone: str | None) -> int:
    if zone in {None, "Z"}:
        return 0
    assert zone
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds
