#!/usr/bin/env bash
# Installs digitd as a service, upgrades it and removes it; --help says how.
#
# Two folders, /opt/digitd/a and b, take turns: an upgrade is built in the one that is not in use, then the
# link `current` is turned over to it. Until that moment nothing has changed, whatever goes wrong.
set -euo pipefail
umask 022  # the service is another user

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-/usr/bin/python3}  # not the first on the path: the service sees no home directory
versions=/opt/digitd
config=/etc/digitd/config.yaml
password=/etc/credstore/digitd.mqtt-password
unit=/etc/systemd/system/digitd.service
command=/usr/local/bin/digitd

usage() {
    cat <<END
usage: install.sh [SOURCE]              install digitd as a service, or upgrade it
       install.sh --remove [--purge]    remove it; --purge: its settings and password, too

SOURCE is a wheel, or whatever else pip installs; without it, the checkout that this script lies in.
Settings in $config stay as they are. \$PYTHON is another Python than /usr/bin/python3.
For 64-bit Debian 12 and 13, Raspberry Pi OS and Ubuntu 24.04.

example:
  sudo systemd/install.sh
  journalctl -u digitd -f
END
}

main() {
    local source='' removing='' purging=''
    for argument; do
        case $argument in
            -h | --help) usage; return ;;
            --remove) removing=yes ;;
            --purge) purging=yes ;;
            -*) misused "$argument: unknown option" ;;
            *) [ -z "$source" ] || misused "$argument: one source is enough"; source=$argument ;;
        esac
    done
    [ -z "$purging" ] || [ -n "$removing" ] || misused '--purge goes with --remove'
    [ -z "$source" ] || [ -z "$removing" ] || misused "$source: --remove takes away what is installed"

    [ "$(id -u)" = 0 ] || fail "needs root: sudo $0 $*"
    [ -d /run/systemd/system ] || fail 'systemd does not run here; "digitd run" is the daemon without it'
    if [ -n "$removing" ]; then
        remove "$purging"
    else
        install_from "${source:-$(dirname "$here")}"
    fi
}

install_from() {
    local source=$1 old new state
    prepare
    old=$(readlink "$versions/current" || true)
    [ "$old" = a ] && new=b || new=a
    state=$(systemctl is-active digitd || true)
    build "$source" "$versions/$new"
    [ -e "$config" ] || install -D -m 644 "$here/../config.yaml" "$config"
    [ -e "$command" ] || ln -sfn "$versions/current/bin/digitd" "$command"
    trap - EXIT
    turn_over_to "$new"
    case ${old:+$state} in
        active) systemctl restart digitd || turn_back "$old" "$new" ;;
        inactive) echo 'digitd: it does not run, as before' ;;
        *) begin ;;  # the first time, or it has not listened so far
    esac
    [ -z "$old" ] || rm -rf "${versions:?}/$old"
    say_what_is_next
}

# What has to be there first.
prepare() {
    local needed=(libportaudio2)
    [ "$python" != /usr/bin/python3 ] || needed+=(python3 python3-venv)
    packages "${needed[@]}"
    command -v "$python" >/dev/null || fail "$python: no such program"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "needs Python 3.11 or newer, and $python is $("$python" --version): PYTHON=/usr/bin/python3.x $0"
    case $("$python" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))')/ in
        /home/* | /root/*) fail "$python lies in a home directory, which the service does not see" ;;
    esac
}

# Install system packages, if they are missing.
packages() {
    local missing=() name
    command -v apt-get >/dev/null || fail 'this is no Debian or relative of it: apt-get is missing'
    for name; do
        dpkg-query --show --showformat='${Status}' "$name" 2>/dev/null | grep -q ' installed$' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "digitd: installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends --no-remove "${missing[@]}" \
        >/dev/null || fail "please install ${missing[*]}"
}

# Make a new environment with digitd in it; the one in use is not touched, and has the processor first.
build() {
    local source=$1 new=$2
    echo "digitd: installing $source in $new; on a Raspberry Pi this takes some minutes"
    rm -rf "$new"
    unfinished=$new
    trap give_up EXIT
    "$python" -I -m venv "$new"
    # pip unpacks beside it, for /tmp may be a small memory, and keeps nothing else on the card. The further
    # packages are for metrics.enabled and monitor.enabled: small, and an upgrade must not take them away.
    TMPDIR=$new nice "$new/bin/python" -I -m pip install \
        --quiet --disable-pip-version-check --no-cache-dir --prefer-binary "$source" 'prometheus-client>=0.22' 'websockets>=15'
    "$new/bin/digitd" --version >/dev/null
    install -m 644 "$here/digitd.service" "$new/"
    sync -f "$new"  # a power cut must not find the link on the card, and not what it leads to
}

give_up() {
    rm -rf "$unfinished"
    rmdir --ignore-fail-on-non-empty "$versions"
    echo 'digitd: that failed; nothing was changed' >&2
}

turn_over_to() {
    ln -sfn "$1" "$versions/next"
    mv -T "$versions/next" "$versions/current"
    install -m 644 "$versions/current/digitd.service" "$unit"
    systemctl daemon-reload
}

turn_back() {
    check || true  # says why
    turn_over_to "$1"
    rm -rf "${versions:?}/$2"
    systemctl restart digitd || true  # if this fails too, it goes on trying
    fail 'the new version does not listen, so the old one is back; journalctl -u digitd says more'
}

begin() {
    systemctl enable --quiet digitd
    if check; then
        systemctl restart digitd || echo 'digitd: it does not listen yet; journalctl -u digitd says why'
    else
        echo 'digitd: something is missing, see above; the service waits for it'
        systemctl restart --no-block digitd
    fi
}

# Run `digitd check` as the service's user, with the service's password.
check() {
    systemd-run --quiet --wait --collect --pipe --property=DynamicUser=yes --property=SupplementaryGroups=audio \
        --property=ProtectHome=yes --property=WorkingDirectory=/etc/digitd \
        --property=LoadCredential=mqtt-password:digitd.mqtt-password \
        "$versions/current/bin/digitd" check -c "$config"
}

say_what_is_next() {
    cat <<END
$("$versions/current/bin/digitd" --version) is installed.
  its settings    $config, then: sudo systemctl restart digitd
  its log         journalctl -u digitd -f
  what it hears   mosquitto_sub -t 'digitd/+/keyword' -v
END
}

remove() {
    local purging=$1
    if [ -e "$unit" ]; then
        systemctl disable --now --quiet digitd
        ! systemctl is-failed --quiet digitd || systemctl reset-failed digitd
    fi
    [ "$(readlink "$command")" != "$versions/current/bin/digitd" ] || rm "$command"
    rm -rf "$unit" "$versions" /var/lib/digitd /var/lib/private/digitd
    systemctl daemon-reload
    if [ -n "$purging" ]; then
        rm -rf /etc/digitd "$password" "$unit.d"
    else
        echo "digitd: removed; $config stays, until --remove --purge"
    fi
}

misused() {
    echo "digitd: $1; see $0 --help" >&2
    exit 2
}

fail() {
    echo "digitd: $1" >&2
    exit 1
}

main "$@"
