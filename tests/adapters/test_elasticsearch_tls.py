"""TLS with certificates that no machine trusts by itself: an own authority, or a fingerprint."""

import ssl
from contextlib import aclosing
from datetime import timedelta

import pytest

from gateway.adapters.outgoing import fields
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import NotSent
from gateway.sandbox.listener import LOOPBACK, Listener
from gateway.sandbox.principals import MANAGE_ML
from gateway.sandbox.server import EmulatorServer
from gateway.settings import ElasticsearchSettings

from .elasticsearch_bench import emulator
from .identity import Identity

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


ASK = UpstreamRequest(source="es", method="GET", path="/")


class TLSServer(EmulatorServer):
    """The emulator behind TLS."""

    def __init__(self, context):
        super().__init__(emulator())
        self.context = context

    async def __aenter__(self):
        self._listener = Listener(0, self._talk, tls=self.context)
        return self

    @property
    def url(self):
        return f"https://{LOOPBACK}:{self.port}"


AUTHORITY = Identity("the cluster's own authority", is_authority=True)
NODE = Identity("node", AUTHORITY)
STRANGER = Identity("somebody else's authority", is_authority=True)


async def ask(server, **settings):
    """The answer that a source of these settings gets, and how many requests arrived."""
    source = ElasticsearchSettings(
        kind="elasticsearch", url=server.url, api_key="x", calendars="*", **settings
    )
    async with aclosing(transport_to(*source.url, source.tls)) as transport:
        return await get(transport)


def transport_to(url, tls):
    return Transport(url, source="es", timeout=timedelta(seconds=20), tls=tls)


async def get(transport):
    headers = {"authorization": MANAGE_ML.authorization}
    return await transport.send(ASK, fields=fields(headers), log=UpstreamLog())


async def refusal(server, **settings):
    with pytest.raises(NotSent) as caught:
        await ask(server, **settings)
    assert len(server.exchanges) == 0
    return caught.value.problem.message


@pytest.fixture
async def server(anyio_backend, tmp_path):
    async with TLSServer(NODE.context(tmp_path, AUTHORITY)) as server:
        yield server


def file_of(folder, identity):
    file = folder / "ca.pem"
    file.write_bytes(identity.pem)
    return str(file)


async def test_a_certificate_that_nobody_trusts_is_refused_before_anything_is_sent(server):
    assert "CERTIFICATE_VERIFY_FAILED" in await refusal(server)


async def test_a_cluster_is_trusted_by_its_authoritys_file(server, tmp_path):
    assert (await ask(server, ca_file=file_of(tmp_path, AUTHORITY))).ok


async def test_an_authority_need_not_be_as_strict_as_newer_pythons_ask(server, tmp_path):
    """From 3.13 on a context is strict unless told: it refuses this authority, and Elasticsearch's too."""
    strict = ssl.create_default_context(cafile=file_of(tmp_path, AUTHORITY))
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    async with aclosing(transport_to(server.url, strict)) as transport:
        with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
            await get(transport)
    assert (await ask(server, ca_file=file_of(tmp_path, AUTHORITY))).ok


async def test_an_authoritys_file_trusts_no_other_authority(server, tmp_path):
    assert "CERTIFICATE_VERIFY_FAILED" in await refusal(server, ca_file=file_of(tmp_path, STRANGER))


async def test_an_authoritys_file_does_not_trust_a_certificate_for_another_host(anyio_backend, tmp_path):
    elsewhere = Identity("node", AUTHORITY, host="127.0.0.2")
    async with TLSServer(elsewhere.context(tmp_path, AUTHORITY)) as server:
        assert "mismatch" in await refusal(server, ca_file=file_of(tmp_path, AUTHORITY))


@pytest.mark.parametrize("identity", [AUTHORITY, NODE])
async def test_a_cluster_is_trusted_by_the_fingerprint_of_its_authority_or_its_own(server, identity):
    assert (await ask(server, fingerprint=identity.fingerprint)).ok


async def test_a_fingerprint_is_taken_as_openssl_writes_it(server):
    pairs = AUTHORITY.fingerprint.upper()
    written = ":".join(pairs[at : at + 2] for at in range(0, len(pairs), 2))
    assert (await ask(server, fingerprint=written)).ok


async def test_by_fingerprint_the_name_of_the_host_does_not_count(anyio_backend, tmp_path):
    elsewhere = Identity("node", AUTHORITY, host="127.0.0.2")
    async with TLSServer(elsewhere.context(tmp_path, AUTHORITY)) as server:
        assert (await ask(server, fingerprint=AUTHORITY.fingerprint)).ok


async def test_another_fingerprint_is_refused_before_anything_is_sent_and_says_what_was_shown(server):
    message = await refusal(server, fingerprint=STRANGER.fingerprint)
    assert "do not lead to the configured fingerprint" in message
    assert NODE.fingerprint in message
    assert AUTHORITY.fingerprint in message


IMPOSTOR = Identity("node", STRANGER)
LEAF = Identity("a node that signs", AUTHORITY)


@pytest.mark.parametrize(
    ("identity", "above"),
    [
        pytest.param(
            IMPOSTOR, [AUTHORITY], id="the authority's certificate shown beside one it did not sign"
        ),
        pytest.param(Identity("node", LEAF), [LEAF, AUTHORITY], id="signed by one that is no authority"),
        pytest.param(Identity("node", AUTHORITY, days=-1), [AUTHORITY], id="expired"),
    ],
)
async def test_a_public_certificate_shown_beside_a_strange_one_helps_nobody(
    anyio_backend, tmp_path, identity, above
):
    async with TLSServer(identity.context(tmp_path, *above)) as server:
        message = await refusal(server, fingerprint=AUTHORITY.fingerprint)
    assert "do not lead to" in message
