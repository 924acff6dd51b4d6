"""What debian/ says again of the rest of the tree is true: the version, and the libraries that we load by name.

usage: check_sources.py SOURCE_DIR
"""

import pathlib
import re
import sys

SOURCE = pathlib.Path(sys.argv[1])
faults = []


def found(path, pattern):
    """All that the pattern finds in a file; it must find something."""
    matches = re.findall(pattern, (SOURCE / path).read_text(), re.M)
    if not matches:
        faults.append(f"{path}: nothing like {pattern}")
    return matches or [""]


project = found("CMakeLists.txt", r"^project\(feedwire VERSION ([0-9.]+) ")[0]
changelog = found("debian/changelog", r"^feedwire \(([^)]*)\)")[0]
if project != changelog:
    faults.append(f"CMakeLists.txt says version {project}, debian/changelog {changelog}")

depends = found("debian/control", r"^Depends:\n((?:[ #].*\n)+)")[0]
for package in found("feeds/rare_library.cc", r'SharedLibrary library\("[^"]+", "([^"]+)"\)'):
    if not re.search(rf"^ {re.escape(package)},$", depends, re.M):
        faults.append(f"debian/control: does not depend on {package}, which feeds/rare_library.cc loads")

# The package is built on a machine that has what ./dev build installs.
listed = set(found("dev", r"^build_packages=\(\n((?:  .*\n)+)")[0].split("\n"))
installed = {word for line in listed for word in line.split("#")[0].split()}
needed = set(re.findall(r"^ ([a-z0-9.+-]+),$", found("debian/control", r"^Build-Depends:\n((?: .*\n)+)")[0], re.M))
for package in sorted(needed - installed - {"dh-sequence-installsysusers"}):  # of debhelper
    faults.append(f"dev: ./dev build does not install {package}, a build dependency of debian/control")
for package in sorted(installed - needed - {"catch2", "g++", "valgrind"}):  # of tests, and what all have
    faults.append(f"debian/control: no build dependency on {package}, which ./dev build installs")

print("\n".join(faults))
sys.exit(1 if faults else 0)
