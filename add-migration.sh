#!/usr/bin/env bash
set -euo pipefail

if [[ "${1:-}" == "--help" || "${1:-}" == "-h" || $# -ne 2 ]]; then
  cat <<'HELP'
usage: ./add-migration.sh <service> <name>

Makes migrations/<service>/<timestamp>_<name>.ts with an empty up and down. The name is kebab-case: add-order-notes.
A migration imports nothing of the application, and is not edited any more once it was applied anywhere.
HELP
  [[ "${1:-}" == "--help" || "${1:-}" == "-h" ]] && exit 0 || exit 2
fi

cd "$(dirname "${BASH_SOURCE[0]}")"
[[ -d node_modules/tsx ]] || { echo "node_modules is missing: run npm ci first" >&2; exit 1; }
exec node --import tsx migrations/migrate.ts add "$@"
