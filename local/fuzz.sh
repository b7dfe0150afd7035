#!/usr/bin/env bash
# Runs one fuzz target: fuzz.sh PACKAGE TARGET, for $FUZZTIME with $PARALLEL workers. A find is a file below
# PACKAGE/testdata/fuzz, which is committed with what mends it and run by every `go test` from then on; it is
# shown, since on a machine of CI's it is gone afterwards. What is no find, only new, Go keeps in its build cache.
set -uo pipefail
package=$1 target=$2
go test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 1s ${PARALLEL:+-parallel "$PARALLEL"} "./$package" 2>&1 |
	sed -u "s|^|$package $target: |" && exit
git ls-files --others --exclude-standard "$package/testdata/fuzz/$target" | while read -r find; do
	echo "A find, in $find. Run it again: go test -run '$target/${find##*/}' ./$package"
	cat "$find"
done
exit 255 # xargs starts no more
