"""Holds docs/monitoring/ against the /metrics of a running feedwired: every metric, label and value of a label that
the dashboard or an alert names is there, is used as its type allows, and no metric of ours is left out.

usage: check_monitoring.py SOURCE_DIR BUILD_DIR
"""

import json
import pathlib
import re
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import promql  # noqa: E402
from running_daemon import RunningDaemon  # noqa: E402

SOURCE, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
FOLDER = SOURCE / "docs/monitoring"
JOB = "feedwire"  # as README.md has it
TARGET_LABELS = {"job", "instance"}  # that Prometheus adds to every sample
OF_PROMETHEUS = {"up"}  # metrics that it makes itself
NEED_RANGE = {"changes", "delta", "deriv", "increase", "predict_linear", "rate", "resets"}
FOR_COUNTERS = {"increase", "rate", "resets"}
faults = []


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


class Metrics:
    """What /metrics says: types[name], and values[name][label] = the values that the label has. A histogram is the counters
    that it consists of; shows[name] = what is shown with that name."""

    def __init__(self, text):
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.shows = {name: name for name in self.types}
        for histogram in [name for name, kind in self.types.items() if kind == "histogram"]:
            del self.types[histogram]
            for part in ("_bucket", "_sum", "_count"):
                self.types[histogram + part], self.shows[histogram + part] = "counter", histogram
        self.values = {name: {} for name in self.types}
        for name, labels in re.findall(r"^([a-z0-9_]+)(?:\{(.*)\})? \S+$", text, re.M):
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
                self.values[name].setdefault(label, set()).add(value)

    def labels(self):
        return TARGET_LABELS.union(*self.values.values())


class Expressions:
    """Checks expressions, and remembers which metrics they use."""

    def __init__(self, metrics):
        self.metrics, self.used = metrics, set()

    def check(self, where, text):
        """Returns the labels that a sample of the result may have."""
        try:
            selectors, labels = promql.read(text)
        except ValueError as error:
            fault(f"{where}: {error}")
            return set()
        for label in sorted(labels - self.metrics.labels()):
            fault(f"{where}: no metric has the label {label}")
        if not selectors:
            fault(f"{where}: names no metric")
        for selector in selectors:
            self.check_selector(f"{where}: {selector.metric}", selector)
        return TARGET_LABELS.union(*(self.metrics.values.get(one.metric, {}) for one in selectors))

    def check_selector(self, where, selector):
        self.used.add(selector.metric)
        if selector.metric not in self.metrics.types and selector.metric not in OF_PROMETHEUS:
            return fault(f"{where}: there is no such metric")
        values = self.metrics.values.get(selector.metric, {})
        for label, operator, value in selector.matchers:
            if label in TARGET_LABELS:
                if "$" not in value and value != JOB:
                    fault(f"{where}: {label} is {JOB}, not {value}")
            elif label not in values:
                fault(f"{where}: has no label {label}")
            else:
                for one in value.split("|") if operator.endswith("~") else [value]:
                    if one not in values[label]:
                        fault(f"{where}: {label} is never {one}, but {sorted(values[label])}")
        if selector.metric.startswith(("process_", "up")) and "job" not in {m[0] for m in selector.matchers}:
            fault(f"{where}: other programs have it too: name the job")
        if (selector.function in NEED_RANGE) != bool(selector.range):
            fault(f"{where}: {selector.function or 'no function'} of {selector.range or 'an instant'}")
        is_counter = self.metrics.types.get(selector.metric) == "counter"
        if is_counter != (selector.function in FOR_COUNTERS):
            fault(f"{where}: a {'counter' if is_counter else 'gauge'} in {selector.function or 'no function'}")


def check_alerts(expressions):
    rules = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    if len(rules) < 10 or len({rule["alert"] for rule in rules}) < len(rules):
        fault(f"alerts.yml: {len(rules)} rules, or one of them twice")
    for rule in rules:
        name = rule["alert"]
        labels = expressions.check(name, rule["expr"])
        if not re.fullmatch(r"\d+[mh]", rule.get("for", "0m")):
            fault(f"{name}: for {rule['for']}")
        if rule.get("labels", {}).get("severity") not in ("page", "ticket"):
            fault(f"{name}: no severity")
        for part in ("summary", "description"):
            text = rule["annotations"].get(part, "")
            if not text.endswith("."):
                fault(f"{name}: no {part}")
            for label in set(re.findall(r"\$labels\.(\w+)", text)) - labels:
                fault(f"{name}: {part}: the result has no label {label}")
    listed = set(re.findall(r"^\| `(\w+)` \| (\w+) \|", (FOLDER / "README.md").read_text(), re.M))
    for name, severity in sorted(listed ^ {(rule["alert"], rule["labels"]["severity"]) for rule in rules}):
        fault(f"README.md and alerts.yml do not both have {name}, {severity}")


def check_panel(panel, expressions):
    where = f"panel {panel['title']}"
    if not panel.get("description") or not panel["fieldConfig"]["defaults"].get("unit"):
        fault(f"{where}: no description or no unit")
    if not panel["targets"] or panel["datasource"]["uid"] != "${datasource}":
        fault(f"{where}: no targets, or a data source of its own")
    for target in panel["targets"]:
        # Variables of Grafana, as Prometheus will see them.
        labels = expressions.check(where, target["expr"].replace("$__rate_interval", "5m"))
        for label in set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - labels:
            fault(f"{where}: the legend wants a label {label}")
        if target["datasource"]["uid"] != "${datasource}":
            fault(f"{where}: a target has a data source of its own")
        selectors, _ = promql.read(target["expr"])
        if any(('job', '=', '$job') not in one.matchers or ('instance', '=~', '$instance') not in one.matchers
               for one in selectors):
            fault(f"{where}: a selector is not of the job and instance that were chosen")


def check_places(panels):
    """No two panels on one place, none beside the 24 columns."""
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            fault(f"panel {panel['title']}: beyond the right edge")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in taken:
                    return fault(f"panel {panel['title']} stands on {taken[x, y]}")
                taken[x, y] = panel["title"]


def check_dashboard(expressions):
    dashboard = json.loads((FOLDER / "dashboard.json").read_text())
    panels = dashboard["panels"]
    if len({panel["id"] for panel in panels}) < len(panels):
        fault("dashboard.json: an id twice")
    check_places(panels)
    for panel in panels:
        if panel["type"] != "row":
            check_panel(panel, expressions)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
        expressions.check(f"variable {variable['name']}", query.group(1))
        if query.group(2) != variable["name"]:
            fault(f"variable {variable['name']}: has the values of {query.group(2)}")


with RunningDaemon(BUILD) as daemon:
    daemon.wait_for_entries(15)
    daemon.request("PUT", "/v1/cursors/indexer", {"acked": "3"})
    metrics = Metrics(daemon.request("GET", "/metrics")[2])
shown = Expressions(metrics)
check_dashboard(shown)
for metric in sorted({metrics.shows[name] for name in metrics.types} - {metrics.shows.get(name) for name in shown.used}):
    fault(f"dashboard.json: does not show {metric}")
alerted = Expressions(metrics)
check_alerts(alerted)
print(f"{len(shown.used | alerted.used)} metrics are as /metrics has them" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)
