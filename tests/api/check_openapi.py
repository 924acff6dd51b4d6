"""Holds daemon/openapi.yaml against the routes in the source and the replies of a running feedwired.

usage: check_openapi.py SOURCE_DIR BUILD_DIR
"""

import json
import pathlib
import re
import sys
import urllib.parse

import jsonschema
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from running_daemon import RunningDaemon  # noqa: E402

SOURCE, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
DOCUMENT = yaml.safe_load((SOURCE / "daemon/openapi.yaml").read_text())
METHODS = ("get", "post", "put", "delete")
faults = []
replies = 0


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method], item.get("parameters", [])


def resolved(part):
    """What a {"$ref": "#/a/b"} stands for; anything else as it is."""
    while isinstance(part, dict) and "$ref" in part:
        target = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        part = target
    return part


def check_routes():
    """The document has the routes and the parameters that the source has, and no others."""
    source = (SOURCE / "daemon/api_routes.cc").read_text()
    ours = {}
    for method, path, parameters in re.findall(r'Route\{"(\w+)", "([^"]+)", Access::\w+, "([^"]*)"', source):
        ours[method.lower(), path] = set(parameters.split())
    theirs = {}
    for path, method, operation, shared in operations():
        parameters = [resolved(parameter) for parameter in operation.get("parameters", []) + shared]
        theirs[method, re.sub(r"\{\w+\}", "*", path)] = {p["name"] for p in parameters if p["in"] == "query"}
        named = {p["name"] for p in parameters if p["in"] == "path"}
        if named != set(re.findall(r"\{(\w+)\}", path)):
            fault(f"{method} {path}: parameters of the path: {sorted(named)}")
    if len(ours) < 20:
        fault(f"only {len(ours)} routes were found in daemon/api_routes.cc")
    for route in sorted(ours.keys() | theirs.keys()):
        if ours.get(route) != theirs.get(route):
            fault(f"{route}: the source has {ours.get(route)}, the document {theirs.get(route)}")


class Daemon(RunningDaemon):
    def ask(self, method, path, target=None, body=None, expect=200, headers=None):
        """Makes the request of an operation, holds the reply against the document and returns its text."""
        global replies
        replies += 1
        status, kind, text = self.request(method.upper(), target or path, body, headers)
        what = f"{method} {target or path}"
        if status != expect:
            fault(f"{what}: {status}, not {expect}: {text[:200]}")
        answers = DOCUMENT["paths"][path][method]["responses"]
        if str(status) not in answers:
            fault(f"{what}: {status} is not in the document")
        content = resolved(answers.get(str(status), {})).get("content", {})
        if kind not in content and (content or kind):
            fault(f'{what}: {status} has "{kind}", the document {sorted(content)}')
        if kind in content:
            self.check_body(what, kind, content[kind]["schema"], text)
        return text

    @staticmethod
    def check_body(what, kind, schema, text):
        validator = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        documents = [text]
        if "json" in kind:
            documents = [json.loads(line) for line in (text.splitlines() if "ndjson" in kind else [text])]
        if not documents:
            fault(f"{what}: an empty body says nothing")
        for document in documents:
            for error in validator.iter_errors(document):
                fault(f"{what}: {'/'.join(map(str, error.path))}: {error.message[:300]}")


def check_feeds(daemon):
    url, other = daemon.urls[0], daemon.urls[2]
    feeds = json.loads(daemon.ask("get", "/v1/feeds"))["feeds"]
    one = "/v1/feeds/" + urllib.parse.quote(url, safe="")
    new = "/v1/feeds/" + urllib.parse.quote(other, safe="")
    assert {feed["url"] for feed in feeds} == set(daemon.urls[:2]), feeds
    daemon.ask("get", "/v1/feeds/{id}", one)
    daemon.ask("get", "/v1/feeds/{id}", "/v1/feeds/none", expect=404)
    order = {"feeds": [{"url": other, "name": "new", "tags": ["b"], "interval": "2h", "paged": True}]}
    daemon.ask("post", "/v1/feeds", body=order)
    daemon.ask("post", "/v1/feeds", body={"feeds": [{"url": other}]})
    daemon.ask("post", "/v1/feeds", body={"feeds": 1}, expect=422)
    daemon.ask("post", "/v1/feeds/{id}/poll", new + "/poll?wait=true&force=test")
    daemon.ask("post", "/v1/feeds/{id}/poll", new + "/poll", expect=429)
    daemon.ask("get", "/v1/feeds/{id}", new)
    for change in ("pause", "resume"):
        daemon.ask("post", "/v1/feeds/{id}/" + change, f"{new}/{change}")
        daemon.ask("post", "/v1/feeds/{id}/" + change, f"/v1/feeds/none/{change}", expect=404)
    daemon.ask("get", "/v1/feeds")
    daemon.ask("get", "/v1/feeds", "/v1/feeds?state=ok&limit=1&q=127.0")
    daemon.ask("get", "/v1/feeds", "/v1/feeds?state=well", expect=400)
    requests = json.loads(daemon.ask("get", "/v1/feeds/{id}/requests", new + "/requests?limit=5"))
    if not requests["requests"] or not requests["all"]:
        fault(f"the ledger has {requests}")
    changes = json.loads(daemon.ask("get", "/v1/feeds/{id}/changes", new + "/changes?days=1&limit=3"))
    if len(changes["last"]) != 3 or not changes["hours"]:
        fault(f"the log has {changes}")
    for what in ("requests", "changes"):
        daemon.ask("get", f"/v1/feeds/{{id}}/{what}", f"/v1/feeds/none/{what}", expect=404)
        daemon.ask("get", f"/v1/feeds/{{id}}/{what}", f"{one}/{what}?limit=101", expect=400)
    daemon.ask("delete", "/v1/feeds/{id}", new, expect=204)
    daemon.ask("delete", "/v1/feeds/{id}", one, expect=409)


def check_entries(daemon):
    entries = json.loads(daemon.ask("get", "/v1/entries"))["entries"]
    for entry in entries[:5]:
        at = "/v1/entries/" + entry["entry_key"]
        daemon.ask("get", "/v1/entries/{key}", at)
        daemon.ask("get", "/v1/entries/{key}/explanation", at + "/explanation")
    daemon.ask("get", "/v1/entries", "/v1/entries?tag=a&limit=1&since=2000-01-01T00:00:00Z")
    daemon.ask("get", "/v1/entries", "/v1/entries?limit=0", expect=400)
    daemon.ask("get", "/v1/entries/{key}", "/v1/entries/" + "0" * 32, expect=404)
    daemon.ask("get", "/v1/snapshot")


def check_log(daemon):
    daemon.ask("get", "/v1/events")
    daemon.ask("get", "/v1/events", "/v1/events?from=earliest&limit=3&type=entry.*")
    daemon.ask("get", "/v1/events", "/v1/events?limit=0", expect=400)
    daemon.ask("get", "/v1/events/stream", headers={"Last-Event-ID": "1"})
    daemon.ask("put", "/v1/cursors/{name}", "/v1/cursors/one", {"acked": "3", "hold": True})
    daemon.ask("put", "/v1/cursors/{name}", "/v1/cursors/one", {"acked": "2"}, expect=409)
    daemon.ask("put", "/v1/cursors/{name}", "/v1/cursors/one", {"acked": 3}, expect=422)
    daemon.ask("get", "/v1/cursors/{name}", "/v1/cursors/one")
    daemon.ask("get", "/v1/cursors")
    daemon.ask("delete", "/v1/cursors/{name}", "/v1/cursors/one", expect=204)
    daemon.ask("get", "/v1/cursors/{name}", "/v1/cursors/one", expect=404)


def check_daemon(daemon):
    for path in ("/", "/livez", "/readyz", "/metrics", "/v1/status", "/v1/overview"):
        daemon.ask("get", path)
    daemon.ask("get", "/", headers={"If-None-Match": "*"}, expect=304)
    backup = "/v1/backup?dir=" + urllib.parse.quote(str(daemon.root / "backup"), safe="")
    daemon.ask("post", "/v1/backup", backup)
    daemon.ask("post", "/v1/backup", backup, expect=409)
    daemon.ask("post", "/v1/backup", expect=400)
    daemon.ask("post", "/v1/reload")
    (daemon.root / "feedwired.toml").write_text("nonsense = 1\n")
    daemon.ask("post", "/v1/reload", expect=422)
    daemon.ask("get", "/v1/status")


jsonschema.Draft202012Validator.check_schema({"$defs": DOCUMENT["components"]["schemas"]})
check_routes()
with Daemon(BUILD, subscribed=2) as running:
    running.wait_for_entries(10)
    check_feeds(running)
    check_entries(running)
    check_log(running)
    check_daemon(running)
print(f"{replies} replies are as the document has them" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)
