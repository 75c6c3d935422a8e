#!/bin/sh
# Announce and mute an outage, as a dry run. Fails unless every row is planned.
set -eu
answer=$(curl --silent --show-error --header 'Content-Type: application/json' --data-binary @- \
  "${CALENDARS_URL:-http://127.0.0.1:8000/graphql}" <<'JSON'
{
  "query": "mutation ($input: AddEventsInput!) { addEvents(input: $input) { call: status problems { message } results { calendarId status problem { message hint } warnings { field message } } } }",
  "variables": {
    "input": {
      "dryRun": true,
      "calendars": ["payments-maintenance"],
      "events": [{
        "key": "CHG-4711",
        "title": "Payments database upgrade",
        "start": { "zoned": { "local": "2027-03-27T22:00:00", "timeZone": "Europe/Berlin" } },
        "end": { "after": "PT2H" }
      }]
    }
  }
}
JSON
)
printf '%s\n' "$answer"
case $answer in *'"call":"PLANNED"'*) ;; *) exit 1 ;; esac
