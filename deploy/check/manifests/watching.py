"""Rules about alerts and dashboard: they use metrics that exist, alerts are tested, Kubernetes gets the same ones."""

import json
import re
import subprocess
import tempfile

import yaml

ALERTS = "deploy/alerts/crossdesk.yaml"
DASHBOARD = "deploy/dashboards/crossdesk.json"
SCALER = "k8s/components/autoscaling/mas-bridge.yaml"
DEPLOYED = "k8s/components/monitoring/rules.yaml"
METRIC = re.compile(r"\bcrossdesk_[a-z_]+")
# What Prometheus makes of a histogram.
SUFFIXES = ("_bucket", "_sum", "_count")
HEADER = "# Written by `deploy/check/k8s --write` from deploy/alerts/crossdesk.yaml: change that one.\n"


def metrics(program):
    """Each metric of a query, of the dashboard, of an alert or of an autoscaler, exists in the program."""
    for path in [ALERTS, DASHBOARD, SCALER]:
        text = (program.root / path).read_text(encoding="utf-8")
        found = set(METRIC.findall(text))
        if not found:
            yield f"{path}: no metric in it"
        for name in sorted(found):
            plain = next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)
            if name not in program.metrics and not (plain in program.metrics and plain.endswith("_seconds")):
                yield f"{path}: the program has no metric {name}"


def deployed(program):
    """Kubernetes has the alerts of deploy/alerts."""
    if (program.root / DEPLOYED).read_text(encoding="utf-8") != _manifest(program):
        yield f"{DEPLOYED} differs from {ALERTS}: run deploy/check/k8s --write"


def tested(program):
    """Prometheus takes the rules, and their unit tests pass; every alert has one."""
    for arguments in (["check", "rules", ALERTS], ["test", "rules", *_tests(program)]):
        done = subprocess.run(["promtool", *arguments], cwd=program.root, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"promtool {arguments[0]}: {(done.stdout + done.stderr).strip()}"
    outcomes = _outcomes(program)
    for group in _alerts(program)["groups"]:
        for rule in group["rules"]:
            name = rule.get("alert")
            if name and outcomes.get(name) != {True, False}:
                yield f"{name}: no test in which it fires, or none in which it does not"
            for key in ("summary", "description"):
                if name and key not in rule.get("annotations", {}):
                    yield f"{name} has no {key}"
            if name and rule.get("labels", {}).get("severity") not in ("page", "ticket"):
                yield f"{name}: severity {rule.get('labels')}"


def dashboard(program):
    """The dashboard can be loaded: every panel has a place, a query and an id of its own."""
    board = json.loads((program.root / DASHBOARD).read_text(encoding="utf-8"))
    seen, places = set(), []
    for panel in board["panels"]:
        if panel["id"] in seen:
            yield f"panel {panel['id']} is there twice"
        seen.add(panel["id"])
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']}: wider than the dashboard"
        if any(_overlap(place, other) for other in places):
            yield f"{panel['title']}: on top of another panel"
        places.append(place)
        if panel["type"] == "row":
            continue
        if panel.get("datasource", {}).get("uid") != "${datasource}" or not panel.get("description"):
            yield f"{panel['title']}: no data source or no description"
        if not panel.get("targets") or not all(METRIC.search(target["expr"]) for target in panel["targets"]):
            yield f"{panel['title']}: no query"


def queries(program):
    """Every query of the dashboard and of an autoscaler is one that Prometheus understands."""
    board = json.loads((program.root / DASHBOARD).read_text(encoding="utf-8"))
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets") or []]
    for item in yaml.safe_load_all((program.root / SCALER).read_text(encoding="utf-8")):
        found += [
            each["metadata"]["query"] for each in item["spec"].get("triggers") or [] if "query" in each["metadata"]
        ]
    rules = [{"record": f"query:{index}", "expr": query} for index, query in enumerate(found)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}, file)
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
    if done.returncode or not found:
        yield (done.stdout + done.stderr).strip()


def write(program):
    """Writes the alerts as Kubernetes takes them."""
    (program.root / DEPLOYED).write_text(_manifest(program), encoding="utf-8")


def _overlap(one, other):
    apart = (
        one["x"] + one["w"] <= other["x"]
        or other["x"] + other["w"] <= one["x"]
        or one["y"] + one["h"] <= other["y"]
        or other["y"] + other["h"] <= one["y"]
    )
    return not apart


def _alerts(program):
    return yaml.safe_load((program.root / ALERTS).read_text(encoding="utf-8"))


def _tests(program):
    return [
        str(path.relative_to(program.root)) for path in sorted((program.root / "deploy/alerts/tests").glob("*.yaml"))
    ]


def _outcomes(program):
    """Whether each alert is expected to fire, over all its tests."""
    found = {}
    for path in _tests(program):
        for test in yaml.safe_load((program.root / path).read_text(encoding="utf-8"))["tests"]:
            for question in test["promql_expr_test"]:
                asked = re.search(r'alertname=~?"([\w|]+)"', question["expr"]).group(1).split("|")
                firing = " ".join(sample["labels"] for sample in question["exp_samples"])
                for name in asked:
                    found.setdefault(name, set()).add(f'alertname="{name}"' in firing)
    return found


def _manifest(program):
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "crossdesk"},
        "spec": _alerts(program),
    }
    return HEADER + yaml.safe_dump(rule, sort_keys=False, width=120)
