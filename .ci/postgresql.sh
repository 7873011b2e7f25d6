# A PostgreSQL of our own on a free loopback port, without a password, gone with the run. Sourced by .ci/run.
# Sets POSTGRESQL_URL.

_as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

start_postgresql() {
  local sudo="" port
  [ "$(id -u)" = 0 ] || sudo=sudo
  if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    $sudo apt-get -q -y -o DPkg::Lock::Timeout=600 install postgresql >/dev/null 2>&1 ||
      { $sudo apt-get -q update >/dev/null && $sudo apt-get -q -y install postgresql >/dev/null; } || return 1
  fi
  POSTGRESQL_BIN=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
  POSTGRESQL_HOME=$(mktemp -d)
  [ "$(id -u)" != 0 ] || chown postgres "$POSTGRESQL_HOME"
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  (
    cd "$POSTGRESQL_HOME"
    _as_postgres "$POSTGRESQL_BIN/initdb" -D "$POSTGRESQL_HOME/data" -U osvm -A trust >/dev/null
    _as_postgres "$POSTGRESQL_BIN/pg_ctl" -D "$POSTGRESQL_HOME/data" -w -l "$POSTGRESQL_HOME/log" \
      -o "-h 127.0.0.1 -p $port -k $POSTGRESQL_HOME -c fsync=off" start >/dev/null
  ) || return 1
  POSTGRESQL_URL="postgresql+asyncpg://osvm@127.0.0.1:$port/postgres"
}

stop_postgresql() {
  (cd / && _as_postgres "$POSTGRESQL_BIN/pg_ctl" -D "$POSTGRESQL_HOME/data" -m immediate stop >/dev/null) || true
  rm -rf "$POSTGRESQL_HOME"
}
