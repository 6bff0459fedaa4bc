#!/bin/sh
# Makes web/fonts/inter.woff2 of the Inter that npm brings: the letters of Norwegian and its neighbours, signs of units and
# typography, weights 400 to 700. A third of the whole, so that a page with its font is less than 50 kB.
# Needs Debian's python3-fonttools and python3-brotli; not part of the build.
set -eu
cd "$(dirname "$0")/.."
whole=node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2
weights=$(mktemp)
trap 'rm -f "$weights"' EXIT
/usr/bin/python3 -m fontTools.varLib.instancer -q "$whole" wght=400:700 -o "$weights"
/usr/bin/python3 -m fontTools.subset "$weights" --flavor=woff2 --no-hinting --layout-features=kern,tnum \
  --output-file=web/fonts/inter.woff2 --unicodes="\
U+20-7E,U+A0,U+A7,U+AB,U+B0,U+B2,U+B3,U+B5,U+B7,U+BB,U+C4-C6,U+C9,U+D6-D8,U+DC,U+E0,U+E1,U+E4-E6,U+E8-EB,U+ED,\
U+F1-F4,U+F6,U+F8,U+FC,U+2013,U+2014,U+2018-201A,U+201C-201E,U+2022,U+2026,U+202F,U+2082,U+20AC,U+2190-2193,U+2212"
