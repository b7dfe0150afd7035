# What tillbell does on a server with Docker or Podman, as root: sh -c "$(cat compose.sh)" tillbell COMMAND [ARGUMENT].
set -eu
umask 022
home=/opt/tillbell
next=$home/next previous=$home/previous
files='compose.yaml Caddyfile settings.env .env'

die() { echo "$*" >&2; exit 1; }

# engine prints which of the two there is, with its compose.
engine() {
	for candidate in docker podman; do
		if "$candidate" compose version >/dev/null 2>&1; then
			echo "$candidate"
			return
		fi
	done
	return 1
}

compose() { (cd "$home" && "$(engine)" compose "$@"); }

running() {
	"$(engine)" ps --quiet --filter label=com.docker.compose.project=tillbell \
		--filter "label=com.docker.compose.service=$1" --filter status=running
}

# caddy starts Caddy, anew where its file is another one: a running container keeps the file that it began with.
caddy() {
	if [ -e "$previous/Caddyfile" ] && cmp -s "$previous/Caddyfile" "$home/Caddyfile"; then
		compose up -d --no-deps caddy
	else
		compose up -d --no-deps --force-recreate caddy
	fi
}

case $1 in
look)
	echo "user $(id -u)"
	echo "arch $(uname -m)"
	if found=$(engine); then echo "engine $found"; fi
	if [ -e "$home/.env" ]; then sed -n 's/^TAG=/tag /p' "$home/.env"; fi
	for file in "$home"/secrets/*; do
		if [ -f "$file" ]; then echo "secret ${file##*/}"; fi
	done
	for name in send-email stripe-webhook caddy; do
		if [ -n "$found" ] && [ -n "$(running "$name")" ]; then echo "running $name"; fi
	done
	;;
receive) # a tar file, and has the images of it pulled
	rm -rf "$next"
	mkdir -p "$next"
	tar -xf - -C "$next" --no-same-owner
	(cd "$next" && sha256sum -c --quiet SHA256SUMS && "$(engine)" compose pull) >&2
	;;
switch)
	rm -rf "$previous"
	mkdir "$previous"
	for file in $files; do
		if [ -e "$home/$file" ]; then cp -p "$home/$file" "$previous/$file"; fi
		mv -f "$next/$file" "$home/$file"
	done
	rm -rf "$next"
	caddy
	;;
back) # to what was there before switch
	[ -e "$previous/compose.yaml" ] || die "there is no earlier version"
	for file in $files; do
		cp -p "$home/$file" "$next.$file"
		cp -p "$previous/$file" "$home/$file"
		mv -f "$next.$file" "$previous/$file"
	done
	caddy
	;;
restart) # a function, also where nothing of it has changed: it was paused
	before=$(running "$2")
	compose up -d --no-deps --force-recreate "$2"
	now=$(running "$2") # podman-compose exits with 0 even if it starts nothing
	if [ -z "$now" ] || [ "$now" = "$before" ]; then die "$2 was not started"; fi
	;;
secret) # from standard input: a file that a container has is written in place, since a new one would not be seen there
	mkdir -p "$home" # the functions' own users pass through this folder
	umask 077
	mkdir -p "$home/secrets"
	cat >"$home/secrets/.new"
	[ -s "$home/secrets/.new" ] || die "the secret is empty"
	cat "$home/secrets/.new" >"$home/secrets/$2"
	rm -f "$home/secrets/.new"
	chmod 600 "$home/secrets/$2"
	chown 65532:65532 "$home/secrets/$2" # the user of the images
	;;
*) die "no command $1" ;;
esac
