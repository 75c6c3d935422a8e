"""What the process writes to standard error."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.json_line import json_line
from gateway.http.logging import REQUEST_ID, configure
from gateway.http.plain_line import plain_line
from gateway.service.loss import LossPolicy


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert not captured.out
    return [json.loads(line) for line in captured.err.splitlines()]


def test_a_line_is_one_json_object_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "info")
    structlog.get_logger("gateway.some").info("source.down", source="es", text="two\nlines")
    (line,) = _lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "source.down",
        "source": "es",
        "text": "two\nlines",
        "level": "info",
        "logger": "gateway.some",
    }


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "warning")
    structlog.get_logger("gateway.some").info("quiet")
    logging.getLogger("some.library").info("quiet")
    structlog.get_logger("gateway.some").warning("loud")
    assert [line["event"] for line in _lines(capsys)] == ["loud"]


def test_lines_of_libraries_take_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "info")
    logging.getLogger("some.library").warning("%s is odd", "this")
    (line,) = _lines(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("this is odd", "warning", "some.library")


def test_uvicorn_writes_through_it_and_has_no_access_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "info")
    config = uvicorn.Config("gateway:app", log_config=None, access_log=False)
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "Started"})
    (line,) = _lines(capsys)
    assert line["event"] == "Started"
    assert "color_message" not in line
    assert not config.access_log


def test_the_http_client_does_not_write_each_request(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "debug")
    logging.getLogger("httpx2").info("HTTP Request: GET https://graph.example/users/alice@contoso.com")
    assert not _lines(capsys)


def test_lines_carry_what_is_bound_while_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "info")
    bound = REQUEST_ID.set("r-1")
    structlog.get_logger("gateway.some").info("within")
    logging.getLogger("some.library").info("within, too")
    REQUEST_ID.reset(bound)
    structlog.get_logger("gateway.some").info("after")
    assert [line.get("request_id") for line in _lines(capsys)] == ["r-1", "r-1", None]


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_local_variables(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(log_format, "info")

    def fail() -> None:
        token = "tOp" + "SeCrEt"
        raise RuntimeError(f"{len(token)} characters")

    try:
        fail()
    except RuntimeError:
        structlog.get_logger("gateway.some").exception("crashed")
    written = capsys.readouterr().err
    assert "RuntimeError: 9 characters" in written
    assert "tOpSeCrEt" not in written


def test_lines_for_people_are_coloured_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()
    configure("console", "info")
    structlog.get_logger("gateway.some").info("source.down", source="es")
    written = capsys.readouterr().err
    assert "source=es" in written
    assert "\x1b" not in written


KEYS = st.sampled_from(["level", "event", "logger", "a", "b c", "%s", "exception", "stack"])
VALUES = (
    st.text(max_size=5) | st.integers() | st.floats() | st.sampled_from([LossPolicy.WARN, "=", "two words"])
)
WHOLE = {"timestamp": "2027-03-01T12:00:00Z", "level": "info", "event": "x", "logger": "gateway.some"}


@given(st.dictionaries(KEYS, VALUES), st.booleans())
def test_a_line_for_people_is_that_of_structlog(values: dict[str, object], is_whole: bool) -> None:
    line = (WHOLE if is_whole else {}) | {
        key: str(value) if key in {*WHOLE, "exception", "stack"} else value for key, value in values.items()
    }
    theirs = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    assert plain_line(None, "info", dict(line)) == theirs(None, "info", dict(line))


@given(
    st.dictionaries(KEYS | st.text(max_size=3), VALUES | st.none() | st.booleans() | st.binary(max_size=2))
)
def test_a_line_for_machines_is_that_of_json(line: dict[str, object]) -> None:
    assert json_line(None, "info", dict(line)) == json.dumps(line, default=repr)


def test_a_log_that_cannot_be_written_costs_nobody_his_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("json", "info")
    with monkeypatch.context() as patch:
        closed = io.StringIO()
        closed.close()
        patch.setattr(sys, "stderr", closed)
        structlog.get_logger("gateway.some").info("lost")
    structlog.get_logger("gateway.some").info("written")
    assert [line["event"] for line in _lines(capsys)] == ["written"]


def test_what_json_cannot_say_is_written_as_python_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "info")
    structlog.get_logger("gateway.some").info("odd", path=Path("/a"), half="\ud800")
    (line,) = _lines(capsys)
    assert (line["path"], line["half"]) == (repr(Path("/a")), "\ud800")


def test_a_second_configuration_replaces_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    configure("console", "info")
    configure("json", "info")
    structlog.get_logger("gateway.some").info("once")
    assert len(_lines(capsys)) == 1
