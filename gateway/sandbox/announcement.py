"""What a sandbox says when it is up: addresses, credentials, and lines to copy."""

import json
from collections.abc import Iterator

from gateway.sandbox import Sandbox
from gateway.sandbox.msgraph.auth import APP_ID, TENANT
from gateway.sandbox.msgraph.items import Mailbox
from gateway.sandbox.msgraph.oauth import SECRET
from gateway.sandbox.principals import ELASTIC
from gateway.sandbox.seed import OUTAGES

ML_OUTAGES = "planned-outages"


def announcement(sandbox: Sandbox) -> str:
    return "\n".join(
        [
            f"Elasticsearch {sandbox.elasticsearch.emulator.version.number} at {sandbox.elasticsearch.url}",
            f"Microsoft Graph at {sandbox.msgraph.url}/v1.0 and {sandbox.msgraph.url}/beta",
            "",
            "Their credentials, for a shell:",
            *(f"  {name}={value!r}" for name, value in _credentials(sandbox)),
            '  curl -H "Authorization: $ES_MANAGE" "$ES_URL/_ml/calendars?pretty"',
            *(f"  {line}" for line in _graph_lines(sandbox)),
            "",
            "The same for the gateway, as a gateway.toml:",
            *(f"  {line}".rstrip() for line in configuration(sandbox).splitlines()),
        ]
    )


def _credentials(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    known = sandbox.credentials
    yield "ES_URL", sandbox.elasticsearch.url
    yield "ES_MANAGE", known.elasticsearch_manage
    yield "ES_MONITOR", known.elasticsearch_monitor
    yield "ES_USER", f"{ELASTIC.id}:{ELASTIC.secret}"
    yield "GRAPH_URL", sandbox.msgraph.url
    yield "GRAPH_APP", known.msgraph_app
    for upn, mailbox in _mailboxes(sandbox).items():
        if not mailbox.is_shared:
            yield f"GRAPH_{_shell_name(upn)}", known.msgraph_users[upn]
    yield from _groups(sandbox)
    yield "GRAPH_TOKEN_URL", f"{sandbox.msgraph.url}/{TENANT}/oauth2/v2.0/token"
    yield "GRAPH_CLIENT_ID", APP_ID
    yield "GRAPH_CLIENT_SECRET", SECRET


def _graph_lines(sandbox: Sandbox) -> Iterator[str]:
    """The events of one mailbox; a world may have none."""
    mailboxes = list(_mailboxes(sandbox))
    if mailboxes:
        shown = OUTAGES if OUTAGES in mailboxes else mailboxes[0]
        yield f'curl -H "Authorization: $GRAPH_APP" "$GRAPH_URL/v1.0/users/{shown}/events"'


def _groups(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    for mailbox in sandbox.msgraph.emulator.state.mailboxes.values():
        if mailbox.is_group:
            yield f"GRAPH_GROUP_{_shell_name(mailbox.person.address)}", mailbox.owner_id


def _mailboxes(sandbox: Sandbox) -> dict[str, Mailbox]:
    """Those that are open to applications, by the user's principal name."""
    state = sandbox.msgraph.emulator.state
    found = {upn: state.find(upn) for upn in sandbox.credentials.msgraph_users}
    return {
        upn: mailbox
        for upn, mailbox in found.items()
        if mailbox and not (mailbox.is_restricted or mailbox.is_inactive)
    }


def _shell_name(upn: str) -> str:
    """What stands before the "@", in letters that a variable may have."""
    return "".join(letter if letter.isalnum() else "_" for letter in upn.partition("@")[0].upper())


def configuration(sandbox: Sandbox) -> str:
    """A gateway.toml for a gateway that takes the sandbox for the real thing."""
    mailboxes = list(_mailboxes(sandbox))
    lines = [
        "[sources.elasticsearch]",
        'kind = "elasticsearch"',
        f'url = "{sandbox.elasticsearch.url}"',
        f'api_key = "{_secret(sandbox.credentials.elasticsearch_manage)}"',
        'mode = "write"',
        'calendars = ["*"]',
        "",
        "[sources.msgraph]",
        'kind = "msgraph"',
        f'url = "{sandbox.msgraph.url}"',
        f'access_token = "{_secret(sandbox.credentials.msgraph_app)}"',
        'mode = "write"',
        'calendars = ["*"]',
        f"mailboxes = {json.dumps(mailboxes)}",
    ]
    if OUTAGES in mailboxes and sandbox.elasticsearch.emulator.cluster.calendar(ML_OUTAGES) is not None:
        both = f'["msgraph:users/{OUTAGES}/calendar", "elasticsearch:{ML_OUTAGES}"]'
        lines += ["", "[aliases]", f"payments-maintenance = {both}"]
    return "\n".join(lines)


def _secret(authorization: str) -> str:
    return authorization.partition(" ")[2]
