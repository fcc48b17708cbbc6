#!/usr/bin/env bash
# Makes what the roles need to trust each other, in a folder that nobody else may read: a small authority of their own,
# certificates of PostgreSQL, NATS and the proxy, passwords, and the key that seals devices' credentials. What is there stays.
# Usage: prepare.sh <public name of the ACS> [folder]
set -euo pipefail
umask 077

readonly name=${1:?say the name by which devices know the ACS, such as acs.example}
readonly folder=${2:-$(dirname "$0")/secrets}
readonly days=3650

mkdir -p "$folder"
cd "$folder"

if [ ! -e ca.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$days" -subj "/CN=Heliograph's own" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
  # Read by the processes, which have an account of their own.
  chmod 0644 ca.pem
fi

# One certificate for each name under which somebody is called.
certify() {
  local file=$1 host=$2
  if [ -e "$file.pem" ]; then return; fi
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$host" -keyout "$file.key" -out "$file.csr"
  openssl x509 -req -in "$file.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" -out "$file.pem" \
    -extfile <(printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$host")
  rm "$file.csr"
}
certify postgres postgres
certify nats nats
certify proxy "$name"

if [ ! -e heliograph.env ]; then
  database=$(openssl rand -hex 24)
  bus=$(openssl rand -hex 24)
  printf 'POSTGRES_PASSWORD=%s\n' "$database" > postgres.env
  printf 'NATS_PASSWORD=%s\n' "$bus" > nats.env
  cat > heliograph.env << END
HELIOGRAPH_PUBLIC_URL=https://$name/
HELIOGRAPH_SECRET_KEY=$(openssl rand -hex 32)
HELIOGRAPH_ADMIN_TOKEN=$(openssl rand -hex 24)
HELIOGRAPH_DEVICE_PASSWORD=$(openssl rand -hex 12)
HELIOGRAPH_DATABASE_URL=postgres://heliograph:$database@postgres/heliograph?sslmode=verify-full&sslrootcert=/etc/heliograph/ca.pem
HELIOGRAPH_NATS_URL=tls://heliograph:$bus@nats?ca=/etc/heliograph/ca.pem
END
fi
echo "$PWD is ready"
