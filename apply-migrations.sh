#!/usr/bin/env bash
set -euo pipefail

if [[ "${1:-}" == "--help" || "${1:-}" == "-h" ]]; then
  cat <<'HELP'
usage: ./apply-migrations.sh [service …]

Applies the migrations in migrations/<service>/ that its database does not have yet; without a name those of every service.
Waits for the server, may be run again at any time, and two runs at once do not disturb each other.

  <SERVICE>_DATABASE_URL   where a service's database is, e.g. ORDERING_DATABASE_URL=postgres://ordering:…@host:5432/ordering
  POSTGRES_HOST, _PORT     otherwise: the local stack's server (127.0.0.1, 15432 + PORT_OFFSET) and its local passwords
  POSTGRES_WAIT_SECONDS    how long to wait for a database, 60
HELP
  exit 0
fi

cd "$(dirname "${BASH_SOURCE[0]}")"
[[ -d node_modules/tsx ]] || { echo "node_modules is missing: run npm ci first" >&2; exit 1; }
exec node --import tsx migrations/migrate.ts apply "$@"
