#!/bin/sh
# Joins the function's Go module to the template's: run in the folder of the template's main.go,
# with the function laid in function/. Safe to run again.
#
# A function without a go.mod is a package of the template's module and has only what that
# requires. A function's own go.mod takes the place of the template's, under the name that main.go
# imports by: `handler/function` is then a folder of module `handler`, whatever the function called
# itself, so what pointed at it as a module of its own has to go.
set -eu

if [ -f function/go.mod ]; then
    mv function/go.mod go.mod
    # The template's sums do for a function that requires nothing beyond the template.
    if [ -f function/go.sum ]; then
        mv function/go.sum go.sum
    fi

    go mod edit -module=handler -droprequire=handler/function -dropreplace=handler/function
    sed 's#=> \./#=> ./function/#' go.mod > go.mod.new
    mv go.mod.new go.mod
fi

if [ -d function/vendor ]; then
    rm -rf vendor
    mv function/vendor vendor

    # Go compares modules.txt with go.mod, so it takes the same changes. A module's lines begin
    # with "# " and its name.
    awk '/^# / { own = ($2 == "handler/function") } !own' vendor/modules.txt |
        sed 's#=> \./#=> ./function/#' > modules.txt.new
    mv modules.txt.new vendor/modules.txt
fi
