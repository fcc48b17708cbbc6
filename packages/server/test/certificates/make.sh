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
unique_subject = no
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
# An authority of devices, and what it signs: all for one key, with the common name, the alternative name and the last year.
: >"$work/index"
openssl req -new -x509 -days 36500 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$work/devices.key" \
  -out devices.cert.pem -subj "/O=Heliograph tests/CN=devices"
openssl ecparam -name prime256v1 -genkey -noout -out device.key.pem
certify() {
  openssl req -new -key device.key.pem -out "$work/request" -subj "/O=Heliograph tests/CN=$2"
  printf '[san]\nextendedKeyUsage = clientAuth\n%s\n' "$3" >"$work/extensions"
  WORK=$work openssl ca -batch -notext -config "$work/ca.cnf" -extfile "$work/extensions" -extensions san -outdir "$work" \
    -startdate 20200101000000Z -enddate "$4"0101000000Z -cert devices.cert.pem -keyfile "$work/devices.key" \
    -in "$work/request" -out "$1.cert.pem"
}
certify device 001122-Box-S1 "" 2120
certify short 001122-S1 "" 2120
certify urn box "subjectAltName = URI:urn:dev:ops:001122-Box-S1" 2120
certify other 001122-Box-S2 "" 2120
certify family "Boxes of the family" "" 2120
certify expired 001122-Box-S1 "" 2021
chmod 644 ./*.pem
