#!/bin/sh
# Makes the cluster that every database starts as a copy of: superuser lab, role and database app.
set -eu
data=/opt/postgres/template
initdb -D "$data" -U lab --encoding=UTF8 --locale=C.UTF-8 --wal-segsize=1 --auth=trust --no-sync >/dev/null
cat /opt/postgres/postgresql.conf >> "$data/postgresql.conf"
cp /opt/postgres/pg_hba.conf "$data/pg_hba.conf"
pg_ctl -D "$data" -o "-c listen_addresses=''" -l /tmp/template.log -w start >/dev/null || { cat /tmp/template.log; exit 1; }
psql -X -q -v ON_ERROR_STOP=1 -d template1 -c 'ALTER DATABASE postgres RENAME TO app'
psql -X -q -v ON_ERROR_STOP=1 -f /opt/postgres/template.sql
# Each database costs 7 MiB of every stack's memory; template1 is enough to make one from.
psql -X -q -v ON_ERROR_STOP=1 -c 'ALTER DATABASE template0 IS_TEMPLATE false' -c 'DROP DATABASE template0'
pg_ctl -D "$data" -m fast -w stop >/dev/null
rm -f /tmp/template.log
