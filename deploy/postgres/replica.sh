#!/bin/bash
# A streaming replica of PRIMARY_HOST: copied at the first start, then it follows.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "${PGDATA:?}"/*  # what a copy that was broken off has left
  PGPASSWORD="$REPLICATION_PASSWORD" pg_basebackup \
    --pgdata="$PGDATA" --wal-method=stream --slot=replica_1 --write-recovery-conf --checkpoint=fast \
    --dbname="host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432} user=replicator application_name=replica_1"
  chmod 0700 "$PGDATA"
fi
exec postgres -D "$PGDATA" -c hot_standby=on -c max_connections=200 "$@"
