#!/usr/bin/env bash
set -euo pipefail

if [[ "${1:-}" == "--help" || "${1:-}" == "-h" || $# -ne 1 ]]; then
  cat <<'HELP'
usage: ./remove-migration.sh <service>

Takes back the newest migration of a service, one step for each run:
  - applied to the database: it is rolled back (its down), and the file stays, so that it can be corrected and applied again
  - not applied: its file is deleted
So a migration that was a mistake is gone after two runs. It looks at one database only, and waits for it: nothing is deleted
without knowing whether it was applied. Where the database is: see ./apply-migrations.sh --help
HELP
  [[ "${1:-}" == "--help" || "${1:-}" == "-h" ]] && exit 0 || exit 2
fi

cd "$(dirname "${BASH_SOURCE[0]}")"
[[ -d node_modules/tsx ]] || { echo "node_modules is missing: run npm ci first" >&2; exit 1; }
exec node --import tsx migrations/migrate.ts remove "$@"
