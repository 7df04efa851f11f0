"""The vendor's SDK against the lab: ARGV is base, token URL, and words of METHOD:PATH:JSON.

Prints a line of JSON for each: the answer, or the SDK's exception with its words and query id.
Keys come from ovh.conf in the current directory, as any program with this SDK takes them.
"""

import json
import sys

import ovh
import ovh.client

base, token_url, *calls = sys.argv[1:]
ovh.client.ENDPOINTS["ovh-eu"] = base
ovh.client.OAUTH2_TOKEN_URLS["ovh-eu"] = token_url


def ask(client, call):
    method, path, body = (call.split(":", 2) + [""])[:3]
    if path == "/auth/time":
        return client.get(path, _need_auth=False)
    if path == "/auth/credential":
        key = client.new_consumer_key_request()
        for rule in json.loads(body):
            key.add_rules([rule[0]], rule[1])
        return key.request()
    return client.call(method, path, json.loads(body) if body else None)


def main():
    client = ovh.Client()
    for call in calls:
        try:
            line = {"value": ask(client, call)}
        except ovh.APIError as error:
            said = error.args[0] if error.args else ""
            line = {"error": type(error).__name__, "said": said, "query": error.query_id}
        print(json.dumps(line), flush=True)


main()
