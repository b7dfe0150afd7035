#!/bin/sh
# Makes faasd's docker-compose.yaml what Tillbell needs; run it on the server, as root, after each installation or
# update of faasd. A second run changes nothing. docs/deploy.md says why each change is made.
set -eu
file=${1:-/var/lib/faasd/docker-compose.yaml}
new=$file.new

add_cron_connector() {
	grep -q '^  cron-connector:' "$new" || cat >>"$new" <<'END'

  cron-connector:
    image: ghcr.io/openfaas/cron-connector:0.7.0
    environment:
      - gateway_url=http://gateway:8080
      - basic_auth=true
      - secret_mount_path=/run/secrets
      # Not by the queue: it has to wake send-email though the queue may be dead.
      - async_invocation=false
    volumes:
      - type: bind
        source: ./secrets/basic-auth-password
        target: /run/secrets/basic-auth-password
      - type: bind
        source: ./secrets/basic-auth-user
        target: /run/secrets/basic-auth-user
    cap_add:
      - CAP_NET_RAW
    depends_on:
      - gateway
END
}

# The queue worker: with debugging, and after the gateway. The gateway: for this machine alone.
awk '
	/^  [a-z]/ { service = $1; list = "" }
	$1 ~ /:$/ { list = $1 }
	service == "queue-worker:" && list == "depends_on:" && $2 == "gateway" { next }
	service == "queue-worker:" { sub(/write_debug=false/, "write_debug=true") }
	service == "gateway:" { sub(/"8080:8080"/, "\"127.0.0.1:8080:8080\"") }
	{ print }
	service == "queue-worker:" && $1 == "depends_on:" { print "      - gateway" }
' "$file" >"$new"
add_cron_connector

has() {
	awk -v service="$1:" '/^  [a-z]/ { now = $1 } now == service' "$new" | grep -qF -- "$2" && return
	echo "✗ $file has no $2 at $1: it is of a faasd that this script does not know; make the change by hand" >&2
	rm "$new"
	exit 1
}
has queue-worker 'write_debug=true'
has queue-worker '- gateway'
has gateway '"127.0.0.1:8080:8080"'
has cron-connector 'depends_on:'

if cmp -s "$file" "$new"; then
	rm "$new"
	echo "✓ $file is as it should be"
else
	mv "$file" "$file.before"
	mv "$new" "$file"
	echo "✓ $file is changed; what it was is in $file.before. Now: systemctl restart faasd"
fi
