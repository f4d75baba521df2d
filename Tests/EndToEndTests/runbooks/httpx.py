"""What the runbooks use of httpx, over the standard library: httpx itself is nothing that a desk needs.

Carries the bearer token of ESTOP_TOKEN, and says on standard error what each request came to.
"""

import json as text
import os
import sys
import urllib.error
import urllib.request


class Response:
    def __init__(self, status_code, body):
        self.status_code = status_code
        self.body = body

    def json(self):
        return text.loads(self.body)


def _send(method, url, body):
    headers = {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if "ESTOP_TOKEN" in os.environ:
        headers["Authorization"] = "Bearer " + os.environ["ESTOP_TOKEN"]
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            response = Response(answer.status, answer.read())
    except urllib.error.HTTPError as refused:
        response = Response(refused.code, refused.read())
    print(response.status_code, method, url, file=sys.stderr)
    return response


def get(url):
    return _send("GET", url, None)


def post(url, json=None):
    return _send("POST", url, b"" if json is None else text.dumps(json).encode())
