"""What an operator may set, and what is said of mistakes."""

import re
import tomllib
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.msgraph.certificate import Certificate
from gateway.model.event import ShowAs
from gateway.model.ids import CalendarId
from gateway.service.guard import SourceMode
from gateway.settings import (
    AliasSettings,
    ElasticsearchSettings,
    MSGraphSettings,
    Settings,
    SettingsError,
    load,
)
from gateway.settings.identity import ApiKeySettings, OidcSettings
from gateway.settings.limits import LimitSettings
from gateway.settings.web import WebSettings
from tests.adapters.identity import Identity

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "gateway.example.toml"
DOCUMENT = ROOT / "docs" / "reference" / "settings.md"

ES = {
    "GATEWAY_SOURCES__ES__KIND": "elasticsearch",
    "GATEWAY_SOURCES__ES__URL": "https://es.example:9200",
    "GATEWAY_SOURCES__ES__API_KEY": "encoded==",
    "GATEWAY_SOURCES__ES__CALENDARS": "planned-*",
}
GRAPH = {"GATEWAY_SOURCES__GRAPH__KIND": "msgraph"}


def _write(folder: Path, text: str) -> Path:
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _faults(environ: dict[str, str], config: Path | None = None, **options: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(config, environ=environ, options=options)
    return str(caught.value).splitlines()


def _elasticsearch(**changes: str) -> ElasticsearchSettings:
    environ = ES | {f"GATEWAY_SOURCES__ES__{name.upper()}": value for name, value in changes.items()}
    source = load(environ={name: value for name, value in environ.items() if value}).sources["es"]
    assert isinstance(source, ElasticsearchSettings)
    return source


def _msgraph(**changes: str) -> MSGraphSettings:
    environ = GRAPH | {f"GATEWAY_SOURCES__GRAPH__{name.upper()}": value for name, value in changes.items()}
    source = load(environ=environ).sources["graph"]
    assert isinstance(source, MSGraphSettings)
    return source


# Where settings come from


def test_nothing_set_is_the_sandbox_on_loopback() -> None:
    settings = load(environ={})
    assert settings.runs_on_sandbox
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_the_file_is_the_one_that_a_variable_names(tmp_path: Path) -> None:
    config = _write(tmp_path, "port = 9000")
    assert load(environ={"GATEWAY_CONFIG": str(config)}).port == 9000


def test_the_command_line_names_the_file_before_the_variable(tmp_path: Path) -> None:
    config = _write(tmp_path, "port = 9000")
    assert load(config, environ={"GATEWAY_CONFIG": "/nowhere"}).port == 9000


def test_a_variable_wins_over_the_file_and_an_option_over_both(tmp_path: Path) -> None:
    config = _write(tmp_path, 'host = "::1"\nport = 9000\nlog_level = "debug"')
    settings = load(
        config,
        environ={"GATEWAY_PORT": "9001", "GATEWAY_LOG_LEVEL": "error"},
        options={"port": 9002, "host": None},
    )
    assert (settings.host, settings.port, settings.log_level) == ("::1", 9002, "error")


def test_a_variable_changes_one_setting_of_a_table_and_keeps_the_others(tmp_path: Path) -> None:
    config = _write(tmp_path, '[sources.my-graph]\nkind = "msgraph"\nversion = "beta"\nmode = "read"')
    source = load(config, environ={"GATEWAY_SOURCES__MY_GRAPH__MODE": "write"}).sources["my-graph"]
    assert isinstance(source, MSGraphSettings)
    assert (source.mode, source.version) == (SourceMode.WRITE, "beta")


def test_other_variables_are_none_of_our_business() -> None:
    assert load(environ={"GATEWAYPORT": "1", "PORT": "2", "gateway_port": "3"}).port == 8000


def test_lists_in_variables_are_parted_by_commas_or_json() -> None:
    for text in ("a@x, b@x", '["a@x", "b@x"]', "a@x,b@x,"):
        assert _msgraph(mailboxes=text).mailboxes == ("a@x", "b@x")


def test_values_in_variables_that_look_like_json_stay_text() -> None:
    assert _elasticsearch(api_key="12345").authorization == "ApiKey 12345"
    assert _elasticsearch(api_key="null").authorization == "ApiKey null"


def test_an_alias_may_be_a_variable() -> None:
    environ = ES | GRAPH
    environ["GATEWAY_ALIASES__PAYMENTS_MAINTENANCE"] = "es:planned-x, graph:users/Ops@x/calendar"
    environ["GATEWAY_ALIASES__Payments.EU"] = "es:planned-x"
    aliases = load(environ=environ).aliases
    assert list(map(str, aliases["payments-maintenance"].calendars)) == [
        "es:planned-x",
        "graph:users/Ops@x/calendar",
    ]
    assert set(aliases) == {"payments-maintenance", "Payments.EU"}


@pytest.mark.parametrize(
    ("reminder", "expected"), [("15", (True, 15)), ("0", (True, 0)), ('"off"', (False, None))]
)
def test_an_alias_may_say_how_events_are_announced(
    tmp_path: Path, reminder: str, expected: tuple[bool, int | None]
) -> None:
    text = f'[aliases.a]\ncalendars = ["graph:me"]\nshow_as = "oof"\nreminder = {reminder}'
    announcement = load(_write(tmp_path, text), environ=GRAPH).aliases["a"].announcement
    assert (announcement.reminds, announcement.reminder_minutes) == expected
    assert announcement.show_as is ShowAs.OUT_OF_OFFICE
    assert announcement.response_requested is None


@pytest.mark.parametrize(("value", "expected"), [("30", 30), ("off", "off")])
def test_a_reminder_may_be_a_variable(value: str, expected: object) -> None:
    environ = {
        **GRAPH,
        "GATEWAY_ALIASES__A__CALENDARS": "graph:me",
        "GATEWAY_ALIASES__A__REMINDER": value,
        "GATEWAY_ALIASES__A__RESPONSE_REQUESTED": "false",
    }
    alias = load(environ=environ).aliases["a"]
    assert (alias.reminder, alias.response_requested) == (expected, False)


@pytest.mark.parametrize("setting", ["reminder = -1", 'reminder = "never"', 'show_as = "away"'])
def test_an_announcement_that_outlook_does_not_know_stops_the_start(tmp_path: Path, setting: str) -> None:
    text = f'[aliases.a]\ncalendars = ["graph:me"]\n{setting}'
    with pytest.raises(SettingsError) as caught:
        load(_write(tmp_path, text), environ=GRAPH)
    (fault,) = caught.value.faults
    assert fault.where.endswith(f"aliases.a.{setting.partition(' ')[0]}")


def test_an_alias_may_have_a_time_zone_of_its_own(tmp_path: Path) -> None:
    text = '[aliases.a]\ncalendars = ["graph:me"]\ntime_zone = "W. Europe Standard Time"'
    assert load(_write(tmp_path, text), environ=GRAPH).aliases["a"].time_zone == "Europe/Berlin"


# Sandbox or sources


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_without_sources_the_sandbox_runs_on_a_loopback_address(host: str) -> None:
    assert load(environ={"GATEWAY_HOST": host}).runs_on_sandbox


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gateway.example", "localhost.example"])
def test_without_sources_the_gateway_refuses_to_run_elsewhere_and_names_both_ways_out(host: str) -> None:
    (fault,) = _faults({}, host=host)
    assert fault.startswith("sources: there are none")
    assert "GATEWAY_CONFIG" in fault
    assert "GATEWAY_SANDBOX=true" in fault


def test_the_sandbox_runs_anywhere_when_asked_for_by_name() -> None:
    assert load(environ={"GATEWAY_HOST": "192.0.2.1", "GATEWAY_SANDBOX": "true"}).runs_on_sandbox


KEY = {"GATEWAY_API_KEYS__PIPELINE__SHA256": "a5" * 32}
OIDC = {"GATEWAY_OIDC__ISSUER": "https://id.example/", "GATEWAY_OIDC__AUDIENCE": "calendars"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gateway.example"])
def test_sources_run_elsewhere_only_if_callers_are_asked_who_they_are(host: str) -> None:
    (fault,) = _faults(ES | {"GATEWAY_HOST": host})
    assert fault.startswith("GATEWAY_HOST: ")
    assert "[api_keys.<name>]" in fault
    assert "[oidc]" in fault
    for identity in (KEY, OIDC):
        assert not load(environ=ES | identity | {"GATEWAY_HOST": host}).runs_on_sandbox


def test_sources_run_on_loopback_for_whoever_is_there() -> None:
    assert not load(environ=ES).identifies_callers


def test_a_header_says_who_calls_or_what_a_source_gets_and_not_both() -> None:
    (fault,) = _faults(ES | GRAPH | KEY)
    assert fault.startswith(
        "sources.graph.credential_header: graph takes the caller's credential from the he"
    )
    for apart in ("GATEWAY_IDENTITY_HEADER", "GATEWAY_SOURCES__GRAPH__CREDENTIAL_HEADER"):
        assert load(environ=ES | GRAPH | KEY | {apart: "X-Other"}).identifies_callers


def test_what_may_be_sent_must_find_room() -> None:
    (fault,) = _faults({"GATEWAY_LIMITS__MAX_BODY_BYTES": "20000000"})
    assert fault.startswith("limits.max_held_bytes: a body of max_body_bytes would never find room")
    assert load(environ={"GATEWAY_LIMITS__MAX_BODY_BYTES": "4096"}).limits.max_held_bytes > 4096


def test_a_token_for_the_gateway_may_be_exchanged_if_it_is_for_that_application() -> None:
    application = {f"GATEWAY_SOURCES__GRAPH__{name.upper()}": value for name, value in APPLICATION.items()}
    environ = GRAPH | application | {"GATEWAY_SOURCES__GRAPH__CREDENTIAL": "on-behalf-of"}
    mine = OIDC | {"GATEWAY_OIDC__AUDIENCE": f"api://{APPLICATION['client_id'].upper()}"}
    assert load(environ=environ | mine).identifies_callers
    for other in (OIDC, KEY):
        (fault,) = _faults(environ | other)
        assert fault.startswith("sources.graph.credential_header: ")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("API_KEYS__PIPELINE__SHA256", "a5", "64 hexadecimal digits"),
        ("API_KEYS__PIPELINE__SCOPES", "admin", "it should be read, write, read:<source>"),
        ("API_KEYS__PIPELINE__SCOPES", "read,write:gone", "there is no source gone. Configured are: es."),
        ("API_KEYS__A B__SHA256", "a5" * 32, "a key's name is made of letters"),
        ("API_KEYS__PIPELINE__SHA", "x", "Did you mean GATEWAY_API_KEYS__PIPELINE__SHA256?"),
        ("OIDC__ISSUER", "http://id.example", "it should be https"),
        ("OIDC__ISSUERS", "x", "Did you mean GATEWAY_OIDC__ISSUER?"),
        ("OIDC__AUDIENCE", "", "at least 1"),
        ("OIDC__ALGORITHMS", '["HS256"]', "it should be 'RS256'"),
        ("OIDC__ALGORITHMS", '["none"]', "it should be 'RS256'"),
        ("WEB__ORIGINS", "https://status.example/", "it should be an origin"),
        ("WEB__ORIGINS", "*", "it should be an origin"),
        ("WEB__HOST", "x", "Did you mean GATEWAY_WEB__HOSTS?"),
        ("LIMITS__MAX_DEEP", "1", "Did you mean GATEWAY_LIMITS__MAX_DEPTH?"),
    ],
)
def test_an_identity_that_cannot_be_meant_stops_the_start(name: str, value: str, said: str) -> None:
    faults = _faults(ES | KEY | OIDC | {f"GATEWAY_{name}": value})
    assert any(said in fault for fault in faults), faults


def test_the_sandbox_does_not_mix_with_sources() -> None:
    (fault,) = _faults(ES, sandbox=True)
    assert fault == "--sandbox: the sandbox does not mix with real sources: leave out either it or es."


# Mistakes


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GATEWAY_PROT", "GATEWAY_PORT"),
        ("GATEWAY_SOURCE__ES__URL", "GATEWAY_SOURCES"),
        ("GATEWAY_SOURCES__GRAPH__MALBOXES", "GATEWAY_SOURCES__GRAPH__MAILBOXES"),
        ("GATEWAY_ALIASES__A__TIMEZONE", "GATEWAY_ALIASES__A__TIME_ZONE"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_one(name: str, nearest: str) -> None:
    faults = _faults(GRAPH | {"GATEWAY_ALIASES__A__CALENDARS": "graph:me", name: "x"})
    assert faults == [f"{name}: there is no such setting. Did you mean {nearest}?"]


@pytest.mark.parametrize("name", ["GATEWAY_", "GATEWAY_SERVICE_HOST", "GATEWAY_QQQ", "GATEWAY___PORT"])
def test_an_unknown_variable_like_nothing_known_is_refused_with_all_that_are(name: str) -> None:
    (fault,) = _faults({name: "x"})
    assert fault.startswith(f"{name}: there is no such setting. There are: host, port, sandbox, ")


def test_a_setting_of_another_kind_of_source_is_refused() -> None:
    (fault,) = _faults(GRAPH | {"GATEWAY_SOURCES__GRAPH__MAX_MUTE": "P1D"})
    assert fault.startswith("GATEWAY_SOURCES__GRAPH__MAX_MUTE: there is no such setting. There are: mode, ")


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    text = 'prot = 1\n[sources.graph]\nkind = "msgraph"\nmax_invitation = 3\n'
    config = _write(tmp_path, text)
    unknown = "there is no such setting. Did you mean"
    assert _faults({}, config) == [
        f"{config}: sources.graph.max_invitation: {unknown} sources.graph.max_invitations?",
        f"{config}: prot: {unknown} port?",
    ]


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = """
        port = 70000
        [sources.es]
        kind = "elasticsearch"
        max_mute = "31 days"
        [sources.Bad_Name]
        kind = "msgraph"
        [sources.other]
        kind = "exchange"
        [sources.none]
        [aliases]
        nobody = ["es:planned-x", "gone:planned-x", "no id"]
        "a b" = ["es:planned-x"]
        empty = []
    """
    faults = _faults({"GATEWAY_LOG_FORMAT": "xml"}, _write(tmp_path, text))
    for place in (
        "port",
        "GATEWAY_LOG_FORMAT",
        "sources.es.url",
        "sources.es.max_mute",
        "sources.Bad_Name",
        "sources.other.kind",
        "sources.none.kind",
        "aliases.nobody.calendars.1",
        "aliases.nobody.calendars.2",
        "aliases.a b",
        "aliases.empty.calendars",
    ):
        assert any(place in fault for fault in faults), (place, faults)
    assert len(faults) == 11


def test_an_alias_must_name_calendars_of_configured_sources() -> None:
    (fault,) = _faults(ES | {"GATEWAY_ALIASES__A": "es:planned-x, gone:b"})
    assert fault == (
        "GATEWAY_ALIASES__A: gone:b is in no configured source: there is no [sources.gone]."
        " Configured are: es."
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "tcp://10.0.0.1:80", "it should be a valid integer"),
        ("SANDBOX", "perhaps", "it should be a valid boolean"),
        ("SOURCES", "x", "it should be a table."),
        ("SOURCES__ES", "x", "it should be a table."),
        ("SOURCES__ES__URL", "es.example:9200", "a URL like https://"),
        ("SOURCES__ES__URL", "ftp://es.example", "a URL like https://"),
        ("SOURCES__ES__URL", "https://es.example/?pretty", "without a query"),
        ("SOURCES__ES__URL", "https://es.example:99999", "it is no URL"),
        ("SOURCES__ES__MODE", "wirte", "it should be 'read' or 'write'."),
        ("SOURCES__ES__CALENDARS", "a b", "must be percent-encoded"),
        ("SOURCES__ES__CALENDARS", "[1]", "it should be a string"),
        ("SOURCES__ES__CALENDARS", "[", "it is no JSON array"),
        ("SOURCES__ES__MAX_MUTE", "P1M", "Write ISO 8601"),
        ("SOURCES__ES__TIME_ZONE", "Mars/Olympus", "Use an IANA name"),
        ("SOURCES__ES__UPSTREAM_TIMEOUT_SECONDS", "inf", "it should be"),
        ("SOURCES__ES__UPSTREAM_TIMEOUT_SECONDS", "0", "greater than 0"),
        ("SOURCES__ES__API_KEY", "", "at least 1"),
        ("SOURCES__ES__API_KEY", "ApiKey abc", "leave out the scheme"),
        ("SOURCES__ES__API_KEY", "abc\n", "no token has"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_variable(name: str, value: str, said: str) -> None:
    environ = {} if name in {"SOURCES", "SOURCES__ES"} else ES
    (fault,) = _faults(environ | {f"GATEWAY_{name}": value})
    assert fault.startswith(f"GATEWAY_{name}: ")
    assert said in fault


def test_a_missing_setting_is_named_as_both_file_and_environment_have_it() -> None:
    (fault,) = _faults({name: value for name, value in ES.items() if "URL" not in name})
    assert fault == "sources.es.url: it is missing. Set it in the file, or as GATEWAY_SOURCES__ES__URL."


@pytest.mark.parametrize("extra", ["GATEWAY_SOURCES__ES__API_KEY__FILE", "GATEWAY_SOURCES__es__API_KEY"])
def test_two_variables_for_one_setting_are_refused(extra: str) -> None:
    assert any(
        f"{extra}: it contradicts" in fault or f"contradicts {extra}" in fault
        for fault in _faults(ES | {extra: "x"})
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (fault,) = _faults({"GATEWAY_CONFIG": str(tmp_path / "gone.toml")})
    assert "gone.toml: the configuration file cannot be read: No such file" in fault


@pytest.mark.parametrize("content", [b"port =", b"\xff\xfe", b"port = 1\nport = 2"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    config = tmp_path / "gateway.toml"
    config.write_bytes(content)
    (fault,) = _faults({}, config)
    assert fault.startswith(f"{config}: it is no TOML: ")


NAMES = st.sampled_from(
    ["SOURCES", "ALIASES", "PORT", "HOST", "SANDBOX", "ES", "a", "B_", "", "KIND", "URL", "MODE", "API_KEY",
     "CALENDARS", "MAX_MUTE", "elasticsearch", "msgraph", "[key]", "0"]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["elasticsearch", "msgraph", "https://es.example", "write", "*", "es:x", "[]", "[1]", "[["]
    ),
)
VARIABLES = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "GATEWAY_" + "__".join(parts))


@given(st.dictionaries(VARIABLES, VALUES, max_size=6))
def test_whatever_the_variables_are_they_load_or_are_said_to_be_wrong(environ: dict[str, str]) -> None:
    try:
        loaded = load(environ=environ)
    except SettingsError as exc:
        faults = [*exc.faults]
    else:
        faults = None
        assert loaded.runs_on_sandbox == (not loaded.sources)
    assert faults is None or (faults and all(fault.where and fault.what for fault in faults))


# Credentials


@pytest.mark.parametrize(
    ("given", "authorization"),
    [
        ({"api_key": "ZW5jb2RlZA=="}, "ApiKey ZW5jb2RlZA=="),
        ({"api_key": "id:key"}, f"ApiKey {b64encode(b'id:key').decode()}"),
        ({"api_key": "", "bearer_token": "dG9rZW4="}, "Bearer dG9rZW4="),
        (
            {"api_key": "", "username": "elastic", "password": "pä:ss"},
            f"Basic {b64encode('elastic:pä:ss'.encode()).decode()}",
        ),
        ({"api_key": "", "credential": "caller"}, None),
    ],
)
def test_a_cluster_takes_one_credential_of_four_kinds(
    given: dict[str, str], authorization: str | None
) -> None:
    source = _elasticsearch(**given)
    assert source.authorization == authorization
    assert source.takes_callers_credential == (authorization is None)


@pytest.mark.parametrize(
    "given",
    [
        {"BEARER_TOKEN": "x"},
        {"CREDENTIAL": "caller"},
        {"USERNAME": "u", "PASSWORD": "p"},
        {"USERNAME": "u"},
        {"PASSWORD": "p"},
        {"USERNAME": "u:v", "PASSWORD": "p"},
    ],
)
def test_a_cluster_takes_no_second_credential_and_no_half_of_one(given: dict[str, str]) -> None:
    (fault,) = _faults(ES | {f"GATEWAY_SOURCES__ES__{name}": value for name, value in given.items()})
    assert fault.startswith("sources.es: ")


def test_graph_takes_each_caller_s_credential_unless_it_has_a_token() -> None:
    assert _msgraph().takes_callers_credential
    assert _msgraph(access_token="eyJ0", calendars="*").authorization == "Bearer eyJ0"


APPLICATION = {"tenant": "contoso.com", "client_id": "app", "client_secret": "tOpSeCrEt"}
NOT_WHOLE = "set tenant, client_id and one of client_secret and certificate together."
TOO_MANY = 'set only one of access_token, client_id, and credential = "caller".'


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"access_token": "x", "credential": "caller"}, TOO_MANY),
        ({"access_token": "x", **APPLICATION}, TOO_MANY),
        ({"credential": "caller", **APPLICATION}, TOO_MANY),
        ({"access_token": "x", "credential": "on-behalf-of"}, "needs an application: set client_id."),
        ({"credential": "on-behalf-of"}, "needs an application: set client_id."),
        ({"tenant": "contoso.com"}, NOT_WHOLE),
        ({"tenant": "contoso.com", "client_id": "app"}, NOT_WHOLE),
        ({"client_id": "app", "client_secret": "x"}, NOT_WHOLE),
    ],
)
def test_graph_takes_one_credential_and_no_half_of_one(given: dict[str, str], said: str) -> None:
    extra = {f"GATEWAY_SOURCES__GRAPH__{name.upper()}": value for name, value in given.items()}
    (fault,) = _faults(GRAPH | extra)
    assert fault.startswith("sources.graph: ")
    assert fault.endswith(said)
    assert "tOpSeCrEt" not in fault


def test_an_application_acts_for_itself_and_must_be_told_on_which_calendars() -> None:
    assert not _msgraph(**APPLICATION, calendars="*").takes_callers_credential
    extra = {f"GATEWAY_SOURCES__GRAPH__{name.upper()}": value for name, value in APPLICATION.items()}
    (fault,) = _faults(GRAPH | extra)
    assert fault.startswith("sources.graph.calendars: the gateway holds the credential")


def test_on_behalf_of_its_callers_an_application_may_do_what_they_may() -> None:
    source = _msgraph(**APPLICATION, credential="on-behalf-of")
    assert source.takes_callers_credential
    assert source.policy().allows_all


def test_a_certificate_stands_in_the_place_of_a_secret(client_certificate: Any, tmp_path: Path) -> None:
    file = tmp_path / "graph.pem"
    file.write_text(client_certificate.pem)
    application = {name: value for name, value in APPLICATION.items() if name != "client_secret"}
    for way in ({"certificate__file": str(file)}, {"certificate": client_certificate.pem}):
        client = _msgraph(**application, **way, calendars="*").client
        assert isinstance(client.proof, Certificate)
        assert client.proof.thumbprint == client_certificate.thumbprint
    both = {f"GATEWAY_SOURCES__GRAPH__{name.upper()}": value for name, value in APPLICATION.items()}
    both["GATEWAY_SOURCES__GRAPH__CERTIFICATE"] = client_certificate.pem
    assert _faults(GRAPH | both) == [f"sources.graph: {NOT_WHOLE}"]


def test_a_certificate_without_its_key_is_refused_and_not_shown(client_certificate: Any) -> None:
    environ = GRAPH | {"GATEWAY_SOURCES__GRAPH__CERTIFICATE": client_certificate.certificate}
    (fault,) = _faults(environ)
    assert fault.startswith("GATEWAY_SOURCES__GRAPH__CERTIFICATE: The certificate cannot be read.")
    assert "BEGIN" not in fault


@pytest.mark.parametrize("tenant", ["common", "Organizations", "consumers", "..", "a/b", ""])
def test_a_token_is_got_from_one_tenant(tenant: str) -> None:
    (fault,) = _faults(GRAPH | {"GATEWAY_SOURCES__GRAPH__TENANT": tenant})
    assert fault.startswith("GATEWAY_SOURCES__GRAPH__TENANT: it should be one tenant's id or domain")


@pytest.mark.parametrize(
    ("cloud", "graph", "login"),
    [
        ("global", "https://graph.microsoft.com", "https://login.microsoftonline.com"),
        ("us-gov", "https://graph.microsoft.us", "https://login.microsoftonline.us"),
        ("us-gov-dod", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
        (
            "china",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://login.partner.microsoftonline.cn",
        ),
    ],
)
def test_a_cloud_is_known_by_name(cloud: str, graph: str, login: str) -> None:
    source = _msgraph(cloud=cloud)
    assert (source.root, source.token_root) == (graph, login)
    assert source.in_cloud.scope == f"{graph}/.default"


def test_an_address_wins_over_the_cloud_s_and_the_scope_does_not_move() -> None:
    source = _msgraph(cloud="us-gov", url="http://127.0.0.1:1/", token_url="http://[::1]:2")
    assert (source.root, source.token_root) == ("http://127.0.0.1:1", "http://[::1]:2")
    assert source.in_cloud.scope == "https://graph.microsoft.us/.default"


@pytest.mark.parametrize("host", ["es.example", "10.0.0.1", "localhost.example", "[fe80::1]"])
def test_a_credential_does_not_leave_the_machine_in_the_clear(host: str) -> None:
    (fault,) = _faults(ES | {"GATEWAY_SOURCES__ES__URL": f"http://{host}:9200"})
    assert fault.startswith("GATEWAY_SOURCES__ES__URL: it should be https: ")
    for name in ("URL", "TOKEN_URL"):
        (fault,) = _faults(GRAPH | {f"GATEWAY_SOURCES__GRAPH__{name}": f"http://{host}"})
        assert fault.startswith(f"GATEWAY_SOURCES__GRAPH__{name}: it should be https: ")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_one_machine_http_will_do(host: str) -> None:
    assert _elasticsearch(url=f"http://{host}:9200").url == (f"http://{host}:9200",)


def test_elsewhere_http_must_be_asked_for_by_name() -> None:
    assert _elasticsearch(url="http://es.example:9200/", allow_http="true").url == ("http://es.example:9200",)


def test_a_cluster_has_one_address_or_several() -> None:
    both = ("https://a.example", "https://b.example")
    assert _elasticsearch(url=", ".join(both)).url == both
    assert _elasticsearch(url='["https://a.example/", "https://b.example"]').url == both
    for wrong in ("https://a.example,b.example", "https://a.example,http://b.example", "", "[]"):
        (fault,) = _faults(ES | {"GATEWAY_SOURCES__ES__URL": wrong})
        assert fault.startswith("GATEWAY_SOURCES__ES__URL: ")


@pytest.mark.parametrize("written", ["a5" * 32, ":".join(["A5"] * 32)])
def test_a_fingerprint_is_read_with_and_without_colons(written: str) -> None:
    assert _elasticsearch(fingerprint=written).fingerprint == "a5" * 32


@pytest.mark.parametrize("written", ["a5" * 20, "x5" * 32, ""])
def test_a_fingerprint_is_a_sha_256(written: str) -> None:
    (fault,) = _faults(ES | {"GATEWAY_SOURCES__ES__FINGERPRINT": written})
    assert fault.startswith("GATEWAY_SOURCES__ES__FINGERPRINT: it should be a certificate's SHA-256")


def test_a_file_of_authorities_is_read_at_the_start(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("none")
    for path in (wrong, tmp_path / "gone.pem"):
        (fault,) = _faults(ES | {"GATEWAY_SOURCES__ES__CA_FILE": str(path)})
        assert fault.startswith("GATEWAY_SOURCES__ES__CA_FILE: it is no readable file of certificates in PEM")


@pytest.mark.parametrize(
    ("extra", "what"),
    [
        ({"FINGERPRINT": "a5" * 32, "CA_FILE": "{ca}"}, "do not go together"),
        ({"FINGERPRINT": "a5" * 32, "URL": "http://127.0.0.1:9200"}, "are for https"),
        ({"CA_FILE": "{ca}", "URL": "https://a.example,http://127.0.0.1:9200"}, "are for https"),
    ],
)
def test_a_cluster_is_trusted_in_one_way_and_only_over_tls(
    tmp_path: Path, extra: dict[str, str], what: str
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(Identity("authority", is_authority=True).pem)
    environ = {f"GATEWAY_SOURCES__ES__{name}": value.format(ca=file) for name, value in extra.items()}
    (fault,) = _faults(ES | environ)
    assert what in fault


def _two_callers(**second: str) -> dict[str, str]:
    environ = {"GATEWAY_SOURCES__A__KIND": "msgraph", "GATEWAY_SOURCES__B__KIND": "msgraph"}
    return environ | {f"GATEWAY_SOURCES__B__{name.upper()}": value for name, value in second.items()}


@pytest.mark.parametrize(
    "second",
    [
        {"kind": "elasticsearch", "url": "https://es.example", "credential": "caller"},
        {"cloud": "china"},
        {"url": "https://graph.example"},
        {"credential": "on-behalf-of", **APPLICATION},
    ],
)
def test_what_is_meant_for_one_upstream_is_not_sent_to_another(second: dict[str, str]) -> None:
    (fault,) = _faults(_two_callers(**second))
    assert fault.startswith("sources.b.credential_header: b and a take the caller's credential from the head")
    apart = load(environ=_two_callers(**second, credential_header="X-Other-Authorization"))
    assert apart.sources["b"].credential_header == "x-other-authorization"


@pytest.mark.parametrize("second", [{"version": "beta"}, {"access_token": "x", "calendars": "*"}])
def test_sources_share_a_header_if_only_one_upstream_gets_what_is_in_it(second: dict[str, str]) -> None:
    loaded = load(environ=_two_callers(**second))
    assert {source.credential_header for source in loaded.sources.values()} == {"authorization"}


def test_a_header_must_have_the_name_of_one() -> None:
    (fault,) = _faults(GRAPH | {"GATEWAY_SOURCES__GRAPH__CREDENTIAL_HEADER": "X Graph: y"})
    assert "it should be the name of a header" in fault


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("ZW5jb2RlZA==\n")
    assert _elasticsearch(api_key="", api_key__file=str(secret)).authorization == "ApiKey ZW5jb2RlZA=="


def test_a_secret_s_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    environ = {name: value for name, value in ES.items() if "API_KEY" not in name}
    (fault,) = _faults(environ | {"GATEWAY_SOURCES__ES__API_KEY__FILE": str(tmp_path / "gone")})
    assert fault.startswith("GATEWAY_SOURCES__ES__API_KEY__FILE: its file cannot be read: ")


def test_no_secret_is_printed() -> None:
    environ = ES | {"GATEWAY_SOURCES__ES__API_KEY": "tOpSeCrEt"}
    settings = load(environ=environ)
    assert "tOpSeCrEt" not in repr(settings)
    assert "tOpSeCrEt" not in str(settings.model_dump())


@pytest.mark.parametrize(
    "wrong",
    [
        {"API_KEY": "bEaReR tOpSeCrEt"},
        {"API_KEY": "tOpSeCrEt", "MODE": "x"},
        {"API_KEY": "tOpSeCrEt", "PASSWORD": "tOpSeCrEt"},
        {"API_KEY": "tOpSeCrEt", "URL": "https://user:tOpSeCrEt@es.example"},
        {"API_KEY": "tOpSeCrEt", "URL": "tOpSeCrEt"},
        {"API_KEY__FILE": "x", "API_KEYS": "tOpSeCrEt"},
    ],
)
def test_no_secret_is_in_what_is_said_of_a_mistake(wrong: dict[str, str]) -> None:
    environ = {name: value for name, value in ES.items() if "API_KEY" not in name}
    with pytest.raises(SettingsError) as caught:
        load(environ=environ | {f"GATEWAY_SOURCES__ES__{name}": value for name, value in wrong.items()})
    assert "tOpSeCrEt" not in str(caught.value)
    assert "tOpSeCrEt" not in str(caught.value.__cause__)


# What services get


def test_settings_become_the_guard_rails_of_a_cluster() -> None:
    policy = _elasticsearch(mode="write", max_mute="PT4H", time_zone="Asia/Calcutta").policy()
    assert (policy.mode, policy.max_mute) == (SourceMode.WRITE, timedelta(hours=4))
    assert policy.time_zone == "Asia/Kolkata"
    policy.check_calendar(CalendarId.parse("es:planned-x"))
    assert not policy.allows_all


def test_settings_become_the_guard_rails_of_a_tenant() -> None:
    source = _msgraph(max_invitations="3", group_addresses="all@x,*-all@x", allow_group_addresses="sre-all@x")
    policy = source.policy()
    assert (policy.mode, policy.max_invitations) == (SourceMode.READ, 3)
    assert policy.group_addresses == ("all@x", "*-all@x")
    assert policy.allow_group_addresses == ("sre-all@x",)


def test_a_caller_s_own_credential_may_touch_all_unless_patterns_say_less() -> None:
    assert _msgraph().policy().allows_all
    assert not _msgraph(calendars="users/outages@x/*").policy().allows_all


def test_calendars_of_aliases_are_named_exactly() -> None:
    aliased = CalendarId("es", ("a*b/c",))
    policy = _elasticsearch().policy([aliased])
    assert policy.names_exactly(aliased)
    assert not policy.names_exactly(CalendarId("es", ("aXb/c",)))


def test_a_source_knows_which_of_its_calendars_have_aliases() -> None:
    environ = ES | GRAPH | {"GATEWAY_ALIASES__A": "es:x,graph:me", "GATEWAY_ALIASES__B": "es:y"}
    assert list(map(str, load(environ=environ).aliased("es"))) == ["es:x", "es:y"]


def test_a_credential_that_may_be_used_for_nothing_is_refused() -> None:
    environ = {name: value for name, value in ES.items() if "CALENDARS" not in name}
    (fault,) = _faults(environ)
    assert fault.startswith("sources.es.calendars: the gateway holds the credential")
    assert load(environ=environ | {"GATEWAY_ALIASES__A": "es:x"}).sources["es"].policy().calendars == ()


def test_settings_open_the_audit_log(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert not load(environ={"GATEWAY_AUDIT_LOG": str(path)}).audit_trail().failing
    assert path.exists()


def test_an_audit_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="audit_log: the audit log cannot be written"):
        load(environ={"GATEWAY_AUDIT_LOG": str(tmp_path)}).audit_trail()


# The example and the reference


TABLES = {
    "The gateway": Settings.model_fields,
    "Limits": LimitSettings.model_fields,
    "A source: Elasticsearch": ElasticsearchSettings.model_fields,
    "A source: Microsoft Graph": MSGraphSettings.model_fields,
    "Browsers": WebSettings.model_fields,
    "An alias": AliasSettings.model_fields,
    "An API key": ApiKeySettings.model_fields,
    "An issuer of tokens": OidcSettings.model_fields,
}


def _rows(title: str) -> dict[str, tuple[str, str]]:
    """The default and the description by setting, as the reference's table under `title` has them."""
    section = DOCUMENT.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", section, re.MULTILINE)
    return {name: (default, description) for name, default, description in rows}


@pytest.mark.parametrize("title", TABLES)
def test_the_reference_describes_every_setting_and_no_other(title: str) -> None:
    described = {name: description for name, (_, description) in _rows(title).items()}
    assert described == {name: field.description for name, field in TABLES[title].items()}


@pytest.mark.parametrize("title", TABLES)
def test_the_reference_has_the_defaults_that_hold(title: str) -> None:
    for name, (shown, _) in _rows(title).items():
        field = TABLES[title][name]
        if field.is_required():
            assert shown == "required", name
        elif field.default is None:
            assert not shown, name
        else:
            written = tomllib.loads(f"value = {shown.strip('`')}")["value"]
            assert _as_written(field.default) == written, name


def _as_written(default: object) -> object:
    match default:
        case timedelta():
            return f"P{default.days}D"
        case tuple():
            return list(default)
        case LimitSettings() | WebSettings():
            return {}
    return default


def test_the_example_loads_as_it_stands() -> None:
    settings = load(EXAMPLE, environ={})
    assert set(settings.sources) == {"elasticsearch", "msgraph"}
    assert set(settings.aliases) == {"payments-maintenance"}


def test_the_example_shows_every_setting_and_its_default() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    whole = tomllib.loads(re.sub(r"^#(?=[\[a-z])", "", text, flags=re.MULTILINE))
    kinds = {"elasticsearch": ElasticsearchSettings, "msgraph": MSGraphSettings}
    shown = {kind: set[str]() for kind in kinds}
    for source in whole["sources"].values():
        shown[source["kind"]] |= set(source)
    assert set(whole) == set(Settings.model_fields)
    assert shown == {kind: set(model.model_fields) for kind, model in kinds.items()}
    assert set(whole["api_keys"]["pipeline"]) == set(ApiKeySettings.model_fields)
    assert set(whole["oidc"]) == set(OidcSettings.model_fields)
    assert set(whole["web"]) == set(WebSettings.model_fields)
    assert set(whole["limits"]) == set(LimitSettings.model_fields)
    assert set(whole["aliases"]["tokyo-maintenance"]) == set(AliasSettings.model_fields)


def test_the_example_loads_with_every_line_in_force(tmp_path: Path, client_certificate: Any) -> None:
    certificate = tmp_path / "graph.pem"
    certificate.write_text(client_certificate.pem)
    text = EXAMPLE.read_text(encoding="utf-8")
    for path in ("/run/secrets/graph.pem", "/etc/elasticsearch/certs/http_ca.crt"):
        text = text.replace(path, str(certificate))
    config = _write(tmp_path, re.sub(r"^#(?=[\[a-z])", "", text, flags=re.MULTILINE))
    before, after = load(EXAMPLE, environ={}), load(config, environ={})
    more = {"lab", "staging", "shared", "trial", "announcer", "colleagues", "emulated"}
    assert set(after.sources) == {"elasticsearch", "msgraph"} | more
    shown = ("sources", "aliases", "api_keys", "oidc", "identity_header", "web")
    rest = set(Settings.model_fields) - set(shown)
    assert before.model_dump(include=rest) == after.model_dump(include=rest)
