# shellcheck shell=bash
# What a clone of the sources would hold; sourced.

# copy_sources FROM TO: what git knows or would add, or where there is no git, all but the build
# folders. TO is a folder that is there. The files are as old as the copy, so that no package tells
# when a clone was made.
copy_sources() {
  if git -C "$1" rev-parse &>/dev/null; then
    git -C "$1" ls-files -z --cached --others --exclude-standard |
      tar --create --directory "$1" --null --files-from - | tar --extract --touch --directory "$2"
  else
    tar --create --directory "$1" --exclude './build*' . | tar --extract --touch --directory "$2"
  fi
}
