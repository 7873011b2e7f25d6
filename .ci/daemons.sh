# What the servers that CI starts on loopback have in common. Sourced by their own scripts.

free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# stop_daemons "PIDS" DIR: end these processes and drop what they wrote; both may be empty.
stop_daemons() {
  [ -z "$1" ] || kill $1 2>/dev/null || true
  [ -z "$2" ] || { wait $1 2>/dev/null; rm -rf "$2"; } || true
}
