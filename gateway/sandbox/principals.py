"""Who may come into every cluster of the sandbox, and with which credential: worth nothing elsewhere."""

from gateway.sandbox.world import Principal, Scheme

MANAGE_ML = Principal(
    scheme=Scheme.API_KEY,
    id="sbxManageMlKey000001",
    secret="sandbox-manage-ml-key",  # noqa: S106 a credential of the sandbox only, printed at its start
    user="gateway",
    roles=("ml_admin",),
    privileges=frozenset({"manage_ml", "monitor"}),
)
MONITOR_ML = Principal(
    scheme=Scheme.API_KEY,
    id="sbxMonitorMlKey00001",
    secret="sandbox-monitor-ml-key",  # noqa: S106 as above
    user="gateway",
    roles=("ml_user",),
    privileges=frozenset({"monitor_ml"}),
)
EXPIRED = Principal(
    scheme=Scheme.API_KEY,
    id="sbxExpiredKey0000001",
    secret="sandbox-expired-key",  # noqa: S106 as above
    user="gateway",
    privileges=frozenset({"manage_ml"}),
    is_expired=True,
)
ELASTIC = Principal(
    scheme=Scheme.BASIC,
    id="elastic",
    secret="sandbox-password",  # noqa: S106 as above
    user="elastic",
    roles=("superuser",),
    privileges=frozenset({"all"}),
)
READER = Principal(
    scheme=Scheme.BASIC,
    id="kibana_reader",
    secret="sandbox-password",  # noqa: S106 as above
    user="kibana_reader",
    roles=("viewer",),
)
TOKEN = Principal(
    scheme=Scheme.BEARER,
    id="sandbox-ml-admin-token",
    user="alice",
    roles=("machine_learning_admin",),
    privileges=frozenset({"manage_ml"}),
)
PRINCIPALS = (MANAGE_ML, MONITOR_ML, EXPIRED, ELASTIC, READER, TOKEN)
