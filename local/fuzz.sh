#!/usr/bin/env bash
# Runs one fuzz target: fuzz.sh PACKAGE TARGET, for $FUZZTIME with $PARALLEL workers. A find is a file below
# PACKAGE/testdata/fuzz, which is committed with what mends it and run by every `go test` from then on; it is
# shown, since on a machine of CI's it is gone afterwards. What is no find, only new, Go keeps in its build cache.
set -uo pipefail
package=$1 target=$2
said=$(mktemp)
trap 'rm -f "$said"' EXIT
go test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 1s ${PARALLEL:+-parallel "$PARALLEL"} "./$package" 2>&1 |
	tee "$said" | sed -u "s|^|$package $target: |" && exit
# Before 1.27, Go now and then takes the end of the time for a failure (https://go.dev/issue/75804), and says only this.
if [ "$(sed -n '/^--- FAIL: /,/^FAIL$/p' "$said" | sed '1d;$d')" = "    context deadline exceeded" ]; then
	exit 0
fi
git ls-files --others --exclude-standard "$package/testdata/fuzz/$target" | while read -r find; do
	echo "A find, in $find. Run it again: go test -run '$target/${find##*/}' ./$package"
	cat "$find"
done
exit 255 # xargs starts no more
