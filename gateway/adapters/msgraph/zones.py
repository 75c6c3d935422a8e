"""Which name of a time zone Graph is sent: a Windows name, an IANA name that it documents, or UTC. Pure."""

from functools import cache
from typing import Final

import msgspec

from gateway.model.zones import UTC, find_zone, windows_name

_DOCUMENTED: Final = """
Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi Africa/Windhoek
America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bahia America/Bogota
America/Caracas America/Cayenne America/Chicago America/Chihuahua America/Cuiaba America/Denver
America/Godthab America/Guatemala America/Halifax America/Indiana/Indianapolis America/La_Paz
America/Los_Angeles America/Mexico_City America/Montevideo America/New_York America/Phoenix
America/Regina America/Santa_Isabel America/Santiago America/Sao_Paulo America/St_Johns
Asia/Amman Asia/Baghdad Asia/Baku Asia/Bangkok Asia/Beirut Asia/Colombo Asia/Damascus Asia/Dhaka
Asia/Dubai Asia/Irkutsk Asia/Jerusalem Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata
Asia/Krasnoyarsk Asia/Magadan Asia/Novosibirsk Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore
Asia/Taipei Asia/Tbilisi Asia/Tehran Asia/Tokyo Asia/Ulaanbaatar Asia/Vladivostok Asia/Yakutsk
Asia/Yekaterinburg Asia/Yerevan
Atlantic/Azores Atlantic/Cape_Verde Atlantic/Reykjavik
Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Hobart Australia/Perth Australia/Sydney
Etc/GMT Etc/GMT+11 Etc/GMT+12 Etc/GMT+2 Etc/GMT-12
Europe/Berlin Europe/Bucharest Europe/Budapest Europe/Istanbul Europe/Kaliningrad Europe/London
Europe/Moscow Europe/Paris Europe/Warsaw
Indian/Mauritius
Pacific/Apia Pacific/Auckland Pacific/Fiji Pacific/Guadalcanal Pacific/Honolulu Pacific/Kiritimati
Pacific/Port_Moresby Pacific/Tongatapu
"""
"""The IANA names on Graph's page about dateTimeTimeZone; no other is promised to be understood."""


class SentZone(msgspec.Struct, frozen=True, kw_only=True):
    """The name that is sent, and the IANA zone as which it comes back."""

    name: str
    zone: str


SENT_UTC: Final = SentZone(name=UTC, zone=UTC)


def sent_zone(iana: str) -> SentZone:
    """The best name for a zone. `zone` differs from `iana` where no name for it survives the trip."""
    windows = windows_name(iana)
    back = None if windows is None else find_zone(windows)
    if windows is not None and back == iana:
        return SentZone(name=windows, zone=iana)
    documented = _documented().get(iana)
    if documented is not None:
        return SentZone(name=documented, zone=iana)
    if windows is not None and back is not None:
        return SentZone(name=windows, zone=back)
    return SENT_UTC


@cache
def _documented() -> dict[str, str]:
    """The documented spelling of each zone, by its current name."""
    return {find_zone(name) or name: name for name in _DOCUMENTED.split()}
