# What tillbell does on a server with systemd, as root: sh -c "$(cat systemd.sh)" tillbell COMMAND [ARGUMENT].
set -eu
umask 022
home=/opt/tillbell
units=/etc/systemd/system
next=$home/next
functions='send-email stripe-webhook'
kept=5

die() { echo "$*" >&2; exit 1; }

# current prints the release that is current, if there is one.
current() { if [ -L "$home/current" ]; then basename "$(readlink "$home/current")"; fi; }

# use makes a release the current one. Each has the units and the settings that belong to it.
use() {
	ln -sfn "releases/$1" "$home/current.new"
	mv -fT "$home/current.new" "$home/current"
	cp "$home/current/settings.env" "$home/settings.env.new"
	mv -f "$home/settings.env.new" "$home/settings.env"
	for name in $functions; do
		cp "$home/current/tillbell-$name.service" "$units/tillbell-$name.service"
	done
	systemctl daemon-reload
	for name in $functions; do
		systemctl --quiet enable "tillbell-$name"
	done
}

# prune removes all but the newest releases and the one to go back to. Their names are of the characters that a tag may have.
prune() {
	previous=$(cat "$home/previous")
	# shellcheck disable=SC2012
	ls -1t "$home/releases" | tail -n "+$((kept + 1))" | while read -r old; do
		if [ "$old" != "$previous" ]; then rm -rf "${home:?}/releases/$old"; fi
	done
}

case $1 in
look)
	echo "user $(id -u)"
	echo "arch $(uname -m)"
	if command -v systemctl >/dev/null; then echo "engine systemd"; fi
	echo "tag $(current)"
	for file in "$home"/secrets/*; do
		if [ -f "$file" ]; then echo "secret ${file##*/}"; fi
	done
	for release in "$home"/releases/*; do
		if [ -x "$release/send-email" ]; then echo "release ${release##*/}"; fi
	done
	for name in $functions; do
		if systemctl --quiet is-active "tillbell-$name"; then echo "running $name"; fi
	done
	;;
receive) # a tar file, for the release $2, which may be there
	rm -rf "$next"
	mkdir -p "$next"
	tar -xf - -C "$next" --no-same-owner
	(cd "$next" && sha256sum -c --quiet SHA256SUMS) >&2
	for name in $functions; do
		[ -x "$next/$name" ] || [ -x "$home/releases/$2/$name" ] || die "there is no release $2 of $name on the server"
	done
	mkdir -p "$home/releases/$2"
	for file in "$next"/*; do
		mv -f "$file" "$home/releases/$2/${file##*/}" # a program that runs goes on from the file that has lost its name
	done
	rm -rf "$next"
	;;
switch)
	current >"$home/previous"
	use "$2"
	prune
	;;
back) # to what was there before switch
	previous=$(cat "$home/previous")
	[ -n "$previous" ] || die "there is no earlier version"
	use "$previous"
	;;
restart)
	systemctl restart "tillbell-$2"
	;;
secret) # from standard input; systemd copies it when it starts what reads it
	mkdir -p "$home" # the functions' own users pass through this folder
	umask 077
	mkdir -p "$home/secrets"
	cat >"$home/secrets/.new"
	[ -s "$home/secrets/.new" ] || die "the secret is empty"
	mv -f "$home/secrets/.new" "$home/secrets/$2"
	;;
*) die "no command $1" ;;
esac
