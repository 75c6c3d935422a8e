"""Announce and mute an outage, as a dry run, and list what is planned around it."""

import json
import os
import sys
from urllib.request import Request, urlopen

URL = os.environ.get("CALENDARS_URL", "http://127.0.0.1:8000/graphql")
CALENDARS = ["payments-maintenance"]

ANNOUNCE = """mutation ($input: AddEventsInput!) {
  addEvents(input: $input) {
    status
    problems { message }
    results { calendarId status problem { message hint } warnings { field message } }
  }
}"""
PLANNED = """query ($calendars: [ID!]!, $window: TimeWindowInput!) {
  calendarEvents(calendars: $calendars, window: $window) {
    nodes { start { instant } title calendarId }
    isComplete
    problems { message }
    sources { source { name } status problem { message } }
  }
}"""


def ask(query, **variables):
    body = json.dumps({"query": query, "variables": variables}).encode()
    with urlopen(Request(URL, body, {"Content-Type": "application/json"}), timeout=60) as response:
        answer = json.load(response)
    if "errors" in answer:
        sys.exit(f"The question is at fault, or the gateway: {answer['errors']}")
    return answer["data"]


outage = {
    "key": "CHG-4711",
    "title": "Payments database upgrade",
    "start": {"zoned": {"local": "2027-03-27T22:00:00", "timeZone": "Europe/Berlin"}},
    "end": {"after": "PT2H"},
}
plan = ask(ANNOUNCE, input={"dryRun": True, "calendars": CALENDARS, "events": [outage]})["addEvents"]
for row in plan["results"]:
    print(row["status"], row["calendarId"])
    for note in filter(None, [row["problem"], *row["warnings"]]):
        print("   ", note["message"])
if plan["status"] != "PLANNED":
    sys.exit(f"Not everything would be written. {plan['problems']}")

window = {"start": "2027-03-27T00:00:00Z", "end": "2027-03-29T00:00:00Z"}
listed = ask(PLANNED, calendars=CALENDARS, window=window)["calendarEvents"]
for event in listed["nodes"]:
    print(event["start"]["instant"], event["title"], event["calendarId"])
if not listed["isComplete"]:
    sys.exit(f"Events may be missing. {listed['problems']} {listed['sources']}")
