"""What an error answer says."""


def error(answer):
    """Status, type and reason of an error answer; the status is also in the body."""
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["error"]["type"], body["error"]["reason"]
