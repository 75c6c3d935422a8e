"""Time zone names as Graph takes them: Windows names in any case, and IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.unknowns import IanaNames

UTC = "UTC"

_DOCUMENTED = """
Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi Africa/Windhoek
America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bahia America/Bogota
America/Caracas America/Cayenne America/Chicago America/Chihuahua America/Cuiaba America/Denver
America/Godthab America/Guatemala America/Halifax America/Indiana/Indianapolis America/La_Paz
America/Los_Angeles America/Mexico_City America/Montevideo America/New_York America/Phoenix
America/Regina America/Santa_Isabel America/Santiago America/Sao_Paulo America/St_Johns Asia/Amman
Asia/Almaty Asia/Baghdad Asia/Baku Asia/Bangkok Asia/Beirut Asia/Colombo Asia/Damascus Asia/Dhaka
Asia/Dubai Asia/Irkutsk Asia/Jerusalem Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata
Asia/Krasnoyarsk Asia/Magadan Asia/Novosibirsk Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore
Asia/Taipei Asia/Tbilisi Asia/Tehran Asia/Tokyo Asia/Tashkent Asia/Ulaanbaatar Asia/Vladivostok
Asia/Yakutsk Asia/Yangon Asia/Yekaterinburg Asia/Yerevan Atlantic/Azores Atlantic/Cape_Verde
Atlantic/Reykjavik Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Hobart
Australia/Perth Australia/Sydney Etc/GMT Etc/GMT+11 Etc/GMT+12 Etc/GMT+2 Etc/GMT-12 Europe/Berlin
Europe/Bucharest Europe/Budapest Europe/Istanbul Europe/Kaliningrad Europe/Kyiv Europe/London
Europe/Moscow Europe/Paris Europe/Warsaw Indian/Mauritius Pacific/Apia Pacific/Auckland Pacific/Fiji
Pacific/Guadalcanal Pacific/Honolulu Pacific/Kiritimati Pacific/Port_Moresby Pacific/Tongatapu
"""
DOCUMENTED_IANA = frozenset(_DOCUMENTED.split())
"""The IANA names that Graph's page on dateTimeTimeZone lists."""

_WINDOWS = {windows.lower(): iana for windows, iana in win_tz.items()}


def zone(name: str, accepted: IanaNames = IanaNames.ALL) -> ZoneInfo:
    """The zone of that name; an unknown one is refused."""
    iana = _WINDOWS.get(name.lower()) or (name if name in _iana(accepted) else None)
    if iana is None:
        raise GraphError(Cause.ZONE_UNKNOWN, name)
    return ZoneInfo(iana)


@cache
def _iana(accepted: IanaNames) -> frozenset[str]:
    available = frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}
    return available if accepted is IanaNames.ALL else available & DOCUMENTED_IANA
