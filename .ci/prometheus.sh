# A Prometheus server, a node_exporter and a libvirt exporter from Debian's packages, on loopback. Sourced by .ci/run.
#
# start_prometheus sets PROMETHEUS_URL. The server reads once a second: this machine, and the one domain of libvirt's
# own test driver, whose uuid and counters are made up by libvirt.

install_prometheus() {
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  local parts="prometheus prometheus-node-exporter prometheus-libvirt-exporter"
  if ! command -v prometheus-libvirt-exporter >/dev/null || ! command -v prometheus-node-exporter >/dev/null; then
    local install="$sudo apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends"
    $install $parts >/dev/null 2>&1 || { $sudo apt-get -q update >/dev/null && $install $parts >/dev/null; } || return 1
  fi
  local part
  for part in $parts; do command -v "$part" || return 1; done
} >/dev/null

. .ci/daemons.sh

start_prometheus() {
  install_prometheus || return 1
  local server exporter libvirt
  server=$(free_port) exporter=$(free_port) libvirt=$(free_port)
  PROMETHEUS_DIR=$(mktemp -d)
  cat >"$PROMETHEUS_DIR/prometheus.yml" <<EOF
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: node
    static_configs: [{targets: ["127.0.0.1:$exporter"]}]
  - job_name: libvirt
    static_configs: [{targets: ["127.0.0.1:$libvirt"]}]
EOF
  prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter" \
    >"$PROMETHEUS_DIR/exporter.log" 2>&1 &
  PROMETHEUS_PIDS=$!
  prometheus-libvirt-exporter --web.listen-address="127.0.0.1:$libvirt" --libvirt.uri=test:///default \
    >"$PROMETHEUS_DIR/libvirt.log" 2>&1 &
  PROMETHEUS_PIDS="$PROMETHEUS_PIDS $!"
  prometheus --config.file="$PROMETHEUS_DIR/prometheus.yml" --storage.tsdb.path="$PROMETHEUS_DIR/data" \
    --web.listen-address="127.0.0.1:$server" >"$PROMETHEUS_DIR/prometheus.log" 2>&1 &
  PROMETHEUS_PIDS="$PROMETHEUS_PIDS $!"
  PROMETHEUS_URL=http://127.0.0.1:$server
  local tries
  for tries in $(seq 100); do
    ! python3 - "$PROMETHEUS_URL" 2>/dev/null <<'PY' || return 0
import json, sys, urllib.request
asked = urllib.request.urlopen(sys.argv[1] + "/api/v1/query?query=node_load1%20or%20libvirt_up", timeout=2)
sys.exit(0 if json.load(asked)["data"]["result"][1:] else 1)
PY
    sleep 0.3
  done
  tail -n 5 "$PROMETHEUS_DIR"/*.log >&2
  return 1
}

stop_prometheus() {
  stop_daemons "${PROMETHEUS_PIDS:-}" "${PROMETHEUS_DIR:-}"
  PROMETHEUS_PIDS="" PROMETHEUS_DIR=""
}
