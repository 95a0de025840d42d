#!/usr/bin/env bash
set -euo pipefail

if [[ "${1:-}" == "--help" || "${1:-}" == "-h" ]]; then
  cat <<'HELP'
usage: ./setup_debezium.sh [connector …]

Registers a connector for every file debezium/<service>.json, by the name <service>-outbox, or brings its configuration up to date; then
waits until each one streams. With names (of services) only those. May be run again at any time, and against any Connect.

  CONNECT_URL               the Connect REST address, http://127.0.0.1:18083 (+ PORT_OFFSET)
  CONNECT_WAIT_SECONDS      how long to wait for Connect, and then for each connector, 120
  POSTGRES_URL              optional, any role of the server that the connectors read: their replication slots are looked at as well

A connector file is a connector's configuration. Hosts, users and passwords in it are ${env:…}, which the Connect worker fills in from
its own environment: POSTGRES_HOST, POSTGRES_PORT, DEBEZIUM_USER, DEBEZIUM_PASSWORD.
HELP
  exit 0
fi

exec node "$(dirname "${BASH_SOURCE[0]}")/debezium/register.js" "$@"
