# A Gnocchi server (API and metricd) with file storage and an index in the PostgreSQL of .ci/postgresql.sh, on loopback.
# Sourced by .ci/run after start_postgresql; start_gnocchi sets GNOCCHI_URL.
#
# Its packages are wheels in an environment of their own: they want other versions than the console's.

. .ci/daemons.sh

start_gnocchi() {
  local port index tries
  port=$(free_port)
  GNOCCHI_DIR=$(mktemp -d)
  python3 -m venv "$GNOCCHI_DIR/venv" || return 1
  "$GNOCCHI_DIR/venv/bin/pip" install -q --no-deps --only-binary :all: -r .ci/gnocchi.txt || return 1
  index=${POSTGRESQL_URL#*+asyncpg://}
  cat >"$GNOCCHI_DIR/gnocchi.conf" <<CONF
[api]
auth_mode = keystone
paste_config = $GNOCCHI_DIR/paste.ini
[indexer]
url = postgresql://${index%/*}/gnocchi
[storage]
driver = file
file_basepath = $GNOCCHI_DIR/data
[metricd]
workers = 1
metric_processing_delay = 1
CONF
  # As Gnocchi's own, but for the filter that asks Keystone about a token: gnocchi_api.py stands there.
  cat >"$GNOCCHI_DIR/paste.ini" <<'PASTE'
[composite:gnocchi+keystone]
use = egg:Paste#urlmap
/ = versions
/v1 = v1
[app:versions]
paste.app_factory = gnocchi.rest.app:app_factory
root = gnocchi.rest.api.VersionsController
[app:v1]
paste.app_factory = gnocchi.rest.app:app_factory
root = gnocchi.rest.api.V1Controller
PASTE
  mkdir "$GNOCCHI_DIR/data"
  .venv/bin/python - "${index%/*}" <<'PY' || return 1
import asyncio, sys
import asyncpg

async def make() -> None:
    connection = await asyncpg.connect(f"postgresql://{sys.argv[1]}/postgres")
    await connection.execute("CREATE DATABASE gnocchi")
    await connection.close()

asyncio.run(make())
PY
  "$GNOCCHI_DIR/venv/bin/gnocchi-upgrade" --config-file "$GNOCCHI_DIR/gnocchi.conf" >"$GNOCCHI_DIR/upgrade.log" 2>&1 ||
    { tail -5 "$GNOCCHI_DIR/upgrade.log" >&2; return 1; }
  "$GNOCCHI_DIR/venv/bin/python" .ci/gnocchi_api.py "$GNOCCHI_DIR/gnocchi.conf" "$port" >"$GNOCCHI_DIR/api.log" 2>&1 &
  GNOCCHI_PIDS=$!
  "$GNOCCHI_DIR/venv/bin/gnocchi-metricd" --config-file "$GNOCCHI_DIR/gnocchi.conf" >"$GNOCCHI_DIR/metricd.log" 2>&1 &
  GNOCCHI_PIDS="$GNOCCHI_PIDS $!"
  GNOCCHI_URL=http://127.0.0.1:$port
  for tries in $(seq 100); do
    ! python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' "$GNOCCHI_URL" 2>/dev/null ||
      return 0
    sleep 0.3
  done
  tail -n 5 "$GNOCCHI_DIR"/*.log >&2
  return 1
}

stop_gnocchi() {
  stop_daemons "${GNOCCHI_PIDS:-}" "${GNOCCHI_DIR:-}"
  GNOCCHI_PIDS="" GNOCCHI_DIR=""
}
