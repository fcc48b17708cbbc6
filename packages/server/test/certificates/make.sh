#!/bin/sh
# Makes the pairs that lie here anew.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/ca.cnf" <<'END'
[ca]
default_ca = tests
[tests]
database = $ENV::WORK/index
rand_serial = yes
default_md = sha256
policy = any
[any]
organizationName = supplied
commonName = supplied
[san]
subjectAltName = DNS:acs.example, DNS:*.region.example, IP:127.0.0.1
END
: >"$work/index"
for name in acs renewed; do
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout $name.key.pem -out "$work/request" -subj "/O=Heliograph tests/CN=$name"
  WORK=$work openssl ca -batch -notext -selfsign -config "$work/ca.cnf" -extensions san -outdir "$work" \
    -startdate 20200101000000Z -enddate 21200101000000Z -keyfile $name.key.pem -in "$work/request" -out $name.cert.pem
done
chmod 644 ./*.pem
