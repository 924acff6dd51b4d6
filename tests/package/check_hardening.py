"""S26: the programs of a package are built so that a mistake in them is harder to use: position-independent, with relocations
that are read-only once all are made, at the start, with no stack that can be executed, with guarded stacks, and with the
checked forms of what copies into buffers.

usage: check_hardening.py PACKAGE.deb
"""

import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAMS = {"usr/bin/feedwire", "usr/bin/feedwired", "usr/libexec/feedwire/feedwire-parse", "usr/libexec/feedwire/feedwire-tool"}
faults = []


def readelf(option, path):
    return subprocess.run(["readelf", "--wide", option, path], capture_output=True, text=True, check=True).stdout


def check(name, path):
    header, segments, dynamic, symbols = (readelf(option, path) for option in
                                          ("--file-header", "--program-headers", "--dynamic", "--dyn-syms"))
    wanted = {
        "a position-independent executable": "Type:                              DYN" in header and re.search(r"FLAGS_1.* PIE", dynamic),
        "relocations that become read-only": "GNU_RELRO" in segments,
        "relocations made at the start": re.search(r"\(FLAGS\).* BIND_NOW|\(BIND_NOW\)|\(FLAGS_1\).* NOW", dynamic),
        "a stack that is not executed": re.search(r"GNU_STACK .* RW ", segments),
    }
    # A static program has no symbols to tell the rest by; it is built like the others.
    if "INTERP" in segments:
        wanted["guarded stacks"] = "__stack_chk_fail" in symbols
        wanted["checked copies"] = re.search(r" __\w+_chk@", symbols)
    faults.extend(f"{name}: without {what}" for what, there in wanted.items() if not there)


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["dpkg-deb", "--extract", sys.argv[1], folder], check=True)
    root, found = pathlib.Path(folder), set()
    for one in sorted(root.rglob("*")):
        if one.is_file() and not one.is_symlink() and one.read_bytes()[:4] == b"\x7fELF":
            found.add(str(one.relative_to(root)))
            check(str(one.relative_to(root)), one)
    if found != PROGRAMS:
        faults.append(f"the programs are {sorted(found)}, not {sorted(PROGRAMS)}")
print("\n".join(faults) or f"{len(found)} programs are hardened")
sys.exit(1 if faults else 0)
