"""A caller among others: asks for a calendar, again and again, and writes down how long that took.

A process of its own, so that what the others keep busy is the gateway and not the clock.
"""

import http.client
import json
import sys
import threading
import time
from typing import Final

_BODY: Final = json.dumps({"query": '{ calendar(id: "elasticsearch:planned-outages") { id } }'})
KEY: Final = "the-caller"
_HEADERS: Final = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
_EVERY: Final = 0.05
_PATIENCE: Final = 30


def main(host: str, port: int) -> None:
    """Asks until its input ends, and prints the seconds of each answer and how many were none."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    seconds, failed = [], 0
    while not over.wait(_EVERY):
        began = time.perf_counter()
        if not _ask(host, port):
            failed += 1
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "failed": failed}))


def _ask(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("POST", "/graphql", _BODY, _HEADERS)
        return "errors" not in json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
