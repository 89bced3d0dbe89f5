# shellcheck shell=bash disable=SC2034 # variables are used by the scripts that source this
# What the scripts of this folder share. Sourced, never run.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Tools that are not installed on the machine but lie in the build folder.
tools="$root/build/tools"
# Exact, because lint rules change between releases.
buf_version=1.75.0
buf="$tools/node_modules/.bin/buf"

say() { printf '\ncarnet: %s\n' "$*"; }

die() {
  printf '\ncarnet: %s\n' "$*" >&2
  exit 1
}
