"""What every request passes: routes, media types, parameters, rendering."""

import pytest

from gateway.sandbox import principals
from gateway.sandbox.faults import Fault

from .answers import error

pytestmark = pytest.mark.anyio

VENDOR = "application/vnd.elasticsearch+json; compatible-with="
EVENTS = "/_ml/calendars/empty/events"


async def test_every_answer_names_the_product_and_echoes_the_opaque_id(client):
    for path in ("/", "/_ml/calendars", "/_ml/calendars/none", "/nothing"):
        answer = await client.get(path, headers={"X-Opaque-Id": "me"})
        assert answer.headers["x-elastic-product"] == "Elasticsearch"
        assert answer.headers["x-opaque-id"] == "me"


async def test_the_banner_has_the_version(client):
    banner = (await client.get("/")).json()
    assert (banner["version"]["number"], banner["tagline"]) == ("9.2.2", "You Know, for Search")


async def test_head_of_the_root_is_200_without_a_body(client):
    answer = await client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_unknown_path_is_400_with_a_string_and_no_status(client):
    answer = await client.get("/_ml/calendar?x=1")
    assert answer.status_code == 400
    assert answer.json() == {"error": "no handler found for uri [/_ml/calendar?x=1] and method [GET]"}


async def test_a_wrong_method_is_405_with_a_string_and_the_allowed_ones(client):
    answer = await client.put(EVENTS)
    assert answer.headers["allow"] == "GET,POST"
    assert answer.json() == {
        "error": f"Incorrect HTTP method for uri [{EVENTS}] and method [PUT], allowed: [GET, POST]",
        "status": 405,
    }


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        (None, "Content-Type header is missing"),
        ("text/plain", "Content-Type header [text/plain] is not supported"),
    ],
)
async def test_a_body_of_no_known_type_is_406_with_a_string(client, content_type, text):
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await client.post(EVENTS, content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()) == (406, {"error": text, "status": 406})


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", "application/*", "application/x-ndjson"]
)
async def test_json_goes_by_several_names(client, content_type):
    answer = await client.put("/_ml/calendars/new", content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == 200


async def test_a_body_where_none_belongs_is_refused(client):
    answer = await client.request("DELETE", "/_ml/calendars/empty", json={})
    assert error(answer) == (
        400,
        "illegal_argument_exception",
        "request [DELETE /_ml/calendars/empty] does not support having a body",
    )


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("foo=1", "parameter: [foo]"),
        ("strat=1", "parameter: [strat] -> did you mean [start]?"),
        ("zzz=1&foo=2", "parameters: [foo], [zzz]"),
    ],
)
async def test_unknown_parameters_are_named_in_order(client, query, complaint):
    reason = f"request [{EVENTS}] contains unrecognized {complaint}"
    assert error(await client.get(f"{EVENTS}?{query}")) == (400, "illegal_argument_exception", reason)


async def test_a_wrong_body_wins_over_an_unknown_parameter(client):
    answer = await client.post(f"{EVENTS}?foo=1", json={"events": []})
    assert error(answer)[2] == "At least 1 event is required"


@pytest.mark.parametrize(
    ("query", "reason", "caused_by"),
    [
        ("from=-1", "Parameter [from] cannot be < 0", None),
        ("size=-1", "Parameter [size] cannot be < 0", None),
        ("size=abc", "Failed to parse int parameter [size] with value [abc]", "number_format_exception"),
        ("size=1.5", "Failed to parse int parameter [size] with value [1.5]", "number_format_exception"),
        ("size=2147483648", "Failed to parse int parameter [size] with value [2147483648]", None),
        ("pretty=x", "Failed to parse value [x] as only [true] or [false] are allowed.", None),
        ("error_trace=x", "Failed to parse value [x] as only [true] or [false] are allowed.", None),
        ("human=x", "Failed to parse value [x] as only [true] or [false] are allowed.", None),
    ],
)
async def test_parameters_of_a_wrong_kind_are_refused(client, query, reason, caused_by):
    answer = await client.get(f"{EVENTS}?{query}")
    assert error(answer) == (400, "illegal_argument_exception", reason)
    if caused_by is not None:
        assert answer.json()["error"]["caused_by"]["type"] == caused_by


async def test_the_source_parameter_stands_in_for_a_body(client):
    params = {"source": '{"description":"from source"}', "source_content_type": "application/json"}
    answer = await client.put("/_ml/calendars/new", params=params)
    assert answer.json()["description"] == "from source"
    assert error(await client.put("/_ml/calendars/other", params={"source": "{}"})) == (
        400,
        "validation_exception",
        "Validation Failed: 1: source and source_content_type parameters are required;",
    )


async def test_a_target_beyond_4096_bytes_is_refused(client):
    answer = await client.put("/_ml/calendars/empty/jobs/" + "a" * 4096)
    assert error(answer)[1] == "too_long_http_line_exception"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (f"{VENDOR}9", "application/vnd.elasticsearch+json;compatible-with=9"),
        (f"{VENDOR}8", "application/vnd.elasticsearch+json;compatible-with=8"),
        (f"{VENDOR}9, text/html", "application/json"),
        ("text/html", "application/json"),
    ],
)
async def test_the_answers_type_is_the_one_accepted(client, accept, content_type):
    answer = await client.get("/_ml/calendars", headers={"Accept": accept})
    assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("accept", "content_type", "reason"),
    [
        (f"{VENDOR}7", None, f"Accept version must be either version 9 or 8, but found 7. Accept={VENDOR}7"),
        (
            f"{VENDOR}9",
            f"{VENDOR}10",
            "Content-Type version must be either version 9 or 8, but found 10. Content-Type=" + f"{VENDOR}10",
        ),
        (
            f"{VENDOR}9",
            f"{VENDOR}8",
            (
                "A compatible version is required on both Content-Type and Accept headers if either one has "
                "requested a compatible version and the compatible versions must match. "
                f"Accept={VENDOR}9, Content-Type={VENDOR}8"
            ),
        ),
        (
            f"{VENDOR}9",
            "application/json",
            (
                "A compatible version is required on both Content-Type and Accept headers if either one has "
                f"requested a compatible version. Accept={VENDOR}9, Content-Type=application/json"
            ),
        ),
    ],
)
async def test_versions_in_media_types_must_fit(client, accept, content_type, reason):
    headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
    answer = await client.post("/_ml/calendars", content=b"{}" if content_type else b"", headers=headers)
    assert error(answer) == (
        400,
        "media_type_header_exception",
        "Invalid media-type value on headers [Accept, Content-Type]",
    )
    body = answer.json()["error"]
    assert body["root_cause"][0]["type"] == "media_type_header_exception"
    assert body["caused_by"] == {"type": "status_exception", "reason": reason}


async def test_pretty_json_has_an_item_a_line_and_ends_with_one(client):
    answer = await client.get("/_ml/calendars/empty?pretty")
    assert answer.text == (
        '{\n  "count" : 1,\n  "calendars" : [\n    {\n      "calendar_id" : "empty",\n'
        '      "job_ids" : [ ]\n    }\n  ]\n}\n'
    )


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("count", {"count": 1}),
        ("calendars.job_ids", {"calendars": [{"job_ids": ["_all"]}]}),
        ("calendars.*id", {"calendars": [{"calendar_id": "global-maintenance"}]}),
        ("**.description", {"calendars": [{"description": "Applies to every job"}]}),
        (
            "-count,-calendars.description",
            {"calendars": [{"calendar_id": "global-maintenance", "job_ids": ["_all"]}]},
        ),
        (
            "calendars,-**.job_ids,-calendars.calendar_id",
            {"calendars": [{"description": "Applies to every job"}]},
        ),
        ("nothing", {}),
    ],
)
async def test_a_filter_path_keeps_what_it_names(client, path, kept):
    answer = await client.get("/_ml/calendars/global-maintenance", params={"filter_path": path})
    assert answer.json() == kept


async def test_an_error_is_not_filtered_and_has_a_trace_on_request(client):
    answer = await client.get("/_ml/calendars/none?filter_path=count&error_trace=true")
    assert error(answer)[2] == "No calendar with id [none]"
    assert "stack_trace" in answer.json()["error"]
    assert "stack_trace" in answer.json()["error"]["root_cause"][0]


async def test_an_id_may_hold_what_a_path_may_not(client):
    answer = await client.get("/_ml/calendars/a%2Fb%20%C3%BC")
    assert error(answer)[2] == "No calendar with id [a/b ü]"


async def test_jobs_have_spans_groups_and_the_time_of_the_latest_record(client):
    jobs = (await client.get("/_ml/anomaly_detectors/payments-*")).json()
    assert [job["analysis_config"]["bucket_span"] for job in jobs["jobs"]] == ["5m", "15m"]
    assert jobs["jobs"][0]["groups"] == ["payments"]
    stats = (await client.get("/_ml/anomaly_detectors/payments-latency,security/_stats")).json()
    latest = {job["job_id"]: job["data_counts"].get("latest_record_timestamp") for job in stats["jobs"]}
    assert latest == {"payments-latency": 1795015680000, "auth-failures": None}


async def test_an_unknown_job_is_404_unless_a_pattern_may_match_nothing(client):
    assert error(await client.get("/_ml/anomaly_detectors/none"))[2] == "No known job with id 'none'"
    assert (await client.get("/_ml/anomaly_detectors/none*")).json() == {"count": 0, "jobs": []}
    assert (await client.get("/_ml/anomaly_detectors/none*?allow_no_match=false")).status_code == 404


@pytest.mark.parametrize("version", ["7.17.29", "8.15.5", "8.19.8", "9.2.2"])
class TestVersions:
    """What differs from version to version."""

    async def test_the_flags_of_events_came_with_8_16(self, client, version):
        event = {"description": "a", "start_time": 1, "end_time": 2, "skip_result": True}
        answer = await client.post(EVENTS, json={"events": [event]})
        assert (answer.status_code == 200) is (version in ("8.19.8", "9.2.2"))

    async def test_older_versions_do_not_show_the_flags(self, client, version):
        events = (await client.get("/_ml/calendars/holidays/events")).json()["events"]
        assert ("skip_result" in events[0]) is (version in ("8.19.8", "9.2.2"))

    async def test_times_without_an_offset_are_utc_since_8_15(self, client, version):
        event = {"description": "a", "start_time": "2026-01-01T00:00:00", "end_time": 1795015680000}
        answer = await client.post(EVENTS, json={"events": [event]})
        assert (answer.status_code == 200) is (version != "7.17.29")

    async def test_the_old_path_went_in_two_steps(self, client, version):
        plain = await client.get("/_xpack/ml/calendars")
        compatible = await client.get("/_xpack/ml/calendars", headers={"Accept": f"{VENDOR}7"})
        assert (plain.status_code, compatible.status_code) == {
            "7.17.29": (200, 200),
            "8.15.5": (400, 200),
            "8.19.8": (400, 200),
            "9.2.2": (400, 400),
        }[version]

    async def test_json_named_its_charset_in_7(self, client, version):
        content_type = (await client.get("/_ml/calendars")).headers["content-type"]
        assert (content_type == "application/json; charset=UTF-8") is (version == "7.17.29")


@pytest.mark.parametrize("version", ["7.17.29"])
async def test_the_old_path_brings_a_warning(client, version):
    answer = await client.post("/_xpack/ml/calendars/empty/events", json={"events": []})
    assert answer.status_code == 400
    answer = await client.get("/_xpack/ml/calendars/empty")
    assert answer.headers["warning"].endswith(
        '"[GET /_xpack/ml/calendars/{calendar_id}] is deprecated! '
        'Use [GET /_ml/calendars/{calendar_id}] instead."'
    )


async def test_injected_errors_look_like_the_real_ones(server, client):
    for status in (400, 401, 403, 404, 429, 500, 503):
        answer = server.emulator.error(status, "3")
        assert (answer.status, answer.headers["Retry-After"]) == (status, "3")
        assert ("X-elastic-product" in answer.headers) is (status not in (401, 403))
    assert "WWW-Authenticate" in server.emulator.error(401).headers
    assert principals.ELASTIC.authorization == client.headers["authorization"]


@pytest.mark.parametrize(
    ("status", "error", "body"),
    [
        (
            503,
            "master_not_discovered_exception",
            {
                "root_cause": [{"type": "master_not_discovered_exception", "reason": None}],
                "type": "master_not_discovered_exception",
                "reason": None,
            },
        ),
        (
            503,
            "search_phase_execution_exception",
            {
                "root_cause": [],
                "type": "search_phase_execution_exception",
                "reason": "all shards failed",
                "phase": "query",
                "grouped": True,
                "failed_shards": [],
            },
        ),
    ],
)
async def test_a_fault_may_name_its_error(server, client, status, error, body):
    server.faults.add("*", Fault(status=status, error=error))
    answer = await client.get(EVENTS, headers={"X-Opaque-Id": "me"})
    assert (answer.status_code, answer.headers["x-opaque-id"]) == (status, "me")
    assert answer.json() == {"error": body, "status": status}


async def test_a_circuit_breaker_says_how_many_bytes_were_too_many(server, client):
    server.faults.add("*", Fault(status=429, error="circuit_breaking_exception"))
    answer = await client.get(EVENTS)
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, None)
    body = answer.json()["error"]
    assert body["reason"].startswith("[parent] Data too large, data for [<http_request>] would be [")
    assert body["bytes_wanted"] > body["bytes_limit"]
    assert body["durability"] == "TRANSIENT"
    assert body["root_cause"] == [{name: value for name, value in body.items() if name != "root_cause"}]


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("PUT", "/_ml/calendars/new", "Error putting calendar with id [new]"),
        ("POST", EVENTS, "Error indexing event"),
        ("DELETE", f"{EVENTS}/e1", "Could not delete event [e1]"),
    ],
)
async def test_a_500_says_what_the_operation_says(server, client, method, path, reason):
    server.faults.add("*", Fault(status=500))
    assert error(await client.request(method, path)) == (500, "exception", reason)


@pytest.mark.parametrize(
    ("path", "allowed"), [(EVENTS, "GET,POST"), ("/_ml/calendars/x/events/e", "DELETE"), ("/nothing", None)]
)
async def test_options_are_told_to_everybody(client, path, allowed):
    answer = await client.options(path, headers={"Authorization": ""})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers.get("allow") == allowed
    assert answer.headers["x-elastic-product"] == "Elasticsearch"


@pytest.mark.parametrize(
    ("path", "suffix", "allowed"), [(EVENTS, ", allowed: [GET, POST]", "GET,POST"), ("/nothing", "", None)]
)
async def test_a_method_that_is_none_is_405_on_any_path(client, path, suffix, allowed):
    answer = await client.request("BREW", path)
    assert answer.json() == {"error": f"Unexpected http method: BREW{suffix}", "status": 405}
    assert (answer.status_code, answer.headers.get("allow")) == (405, allowed)


@pytest.mark.parametrize(
    ("query", "accept"),
    [("?format=yaml", "*/*"), ("?format=cbor", "*/*"), ("", "application/yaml"), ("", "application/smile")],
)
async def test_an_answer_that_would_not_be_json_is_406_and_says_so(client, query, accept):
    answer = await client.get(f"/_ml/calendars{query}", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()["error"].startswith("the sandbox writes JSON only")


@pytest.mark.parametrize(
    ("query", "accept"), [("?format=json", "application/yaml"), ("", "*/*, application/yaml")]
)
async def test_json_is_written_if_it_is_asked_for_or_may_be_chosen(client, query, accept):
    answer = await client.get(f"/_ml/calendars{query}", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"


async def test_machine_learning_tells_its_version_which_is_the_clusters(client):
    banner = (await client.get("/")).json()
    info = (await client.get("/_ml/info")).json()
    assert info["native_code"]["version"] == banner["version"]["number"]
    assert not info["upgrade_mode"]
