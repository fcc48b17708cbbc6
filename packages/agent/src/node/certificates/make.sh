#!/bin/sh
# Makes the pairs that lie here anew: one that has alternative names besides its common one, and one that has none.
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
unique_subject = no
default_md = sha256
policy = any
[any]
organizationName = supplied
commonName = supplied
[alternative]
subjectAltName = DNS:acs.example, DNS:*.region.example
[common]
basicConstraints = CA:TRUE
END
: >"$work/index"
for name in alternative common; do
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout $name.key.pem -out "$work/request" -subj "/O=Heliograph tests/CN=common.example"
  WORK=$work openssl ca -batch -notext -selfsign -config "$work/ca.cnf" -extensions $name -outdir "$work" \
    -startdate 20200101000000Z -enddate 21200101000000Z -keyfile $name.key.pem -in "$work/request" -out $name.cert.pem
done
