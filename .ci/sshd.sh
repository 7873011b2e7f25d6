# OpenSSH's server and client, and iproute2 for guests in network namespaces, for the suites of guest shells and guest
# metrics. Sourced by .ci/run; the tests start servers of their own.

install_sshd() {
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  if ! { [ -x /usr/sbin/sshd ] && command -v ssh && command -v ssh-keygen && command -v ip; } >/dev/null; then
    $sudo apt-get -q -y -o DPkg::Lock::Timeout=600 install openssh-server openssh-client iproute2 >/dev/null 2>&1 ||
      { $sudo apt-get -q update >/dev/null && $sudo apt-get -q -y install openssh-server openssh-client iproute2 >/dev/null; } ||
      return 1
  fi
  [ -x /usr/sbin/sshd ] && command -v ssh >/dev/null && command -v ssh-keygen >/dev/null
}
