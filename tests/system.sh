#!/bin/sh
# Installs what the tests need beside Python: Chromium with a font that has emoji, the
# PostgreSQL server binaries, and a clock that can be set.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list 2>/dev/null | grep -qi emoji || missing="$missing fontconfig fonts-noto-color-emoji"
found=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || true)
[ -n "$found" ] || missing="$missing postgresql"
ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || missing="$missing libfaketime"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need:$missing. Install these packages (on Debian: apt-get install$missing) and run make test again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
