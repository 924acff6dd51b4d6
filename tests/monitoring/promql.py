"""As much of PromQL as tells which metrics and labels an expression uses, and how.

A reader of our own, for Debian's python3 has none. What it does not know is an error, never skipped.
"""

import re

TOKEN = re.compile(r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  |(?P<range>\[[^\]]*\])|(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)
  |(?P<mark>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){},]))""", re.X)
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
OPERATORS = {"and", "or", "unless", "bool"}
FUNCTIONS = {"absent", "avg", "changes", "count", "delta", "deriv", "histogram_quantile", "increase", "max", "min",
             "predict_linear", "rate", "resets", "sum", "time", "topk"}


class Selector:
    """A metric in an expression: `matchers` of (label, operator, value), `range` as "[5m]" or "", and the
    function that it is the first argument of, or ""."""

    def __init__(self, metric, function):
        self.metric, self.function, self.matchers, self.range = metric, function, [], ""


def tokens(text):
    at, found = 0, []
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"not understood: {text[at:]}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found + [("end", "")] * 2


def read_labels(found, at):
    """The names of "(a, b)" at `at`, and where it ends. Nothing at all where there is no parenthesis."""
    names = []
    if found[at][1] != "(":
        return names, at
    while found[at][1] != ")":
        at += 1
        if found[at][0] == "name":
            names.append(found[at][1])
        elif found[at][1] not in (",", ")"):
            raise ValueError(f"no label: {found[at][1]}")
    return names, at + 1


def read_matchers(found, at):
    matchers = []
    while found[at][1] != "}":
        label, operator, value = found[at + 1:at + 4]
        if label[1] == "}":
            return matchers, at + 2
        if label[0] != "name" or operator[1] not in ("=", "!=", "=~", "!~") or value[0] != "string":
            raise ValueError(f"no matcher: {label[1]} {operator[1]} {value[1]}")
        matchers.append((label[1], operator[1], value[1][1:-1]))
        at += 4
    return matchers, at + 1


def read(text):
    """The selectors of an expression, and the labels that it groups or matches by."""
    found, selectors, labels, function, at = tokens(text), [], set(), "", 0
    while found[at][0] != "end":
        kind, word = found[at]
        at += 1
        if kind != "name" or word in OPERATORS:
            # The function of what follows: none any more behind an operator or a closed parenthesis.
            function = function if word == "(" else ""
        elif word in GROUPING:
            names, at = read_labels(found, at)
            labels.update(names)
        elif found[at][1] == "(" or found[at][1] in GROUPING:
            if word not in FUNCTIONS:
                raise ValueError(f"unknown function: {word}")
            function = word
        else:
            selector = Selector(word, function)
            if found[at][1] == "{":
                selector.matchers, at = read_matchers(found, at)
            if found[at][0] == "range":
                selector.range = found[at][1]
                at += 1
            selectors.append(selector)
            function = ""
    return selectors, labels
