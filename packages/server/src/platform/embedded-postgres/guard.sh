# Runs Postgres for Carillon and never lets it outlive Carillon. Standard input is a pipe that Carillon holds open and
# never closes while it lives: end of file means that it died (also by kill -9) or wants to stop. POSIX sh.
#   guard.sh ROOT INITDB POSTGRES DISPOSABLE [-c NAME=VALUE ...]      then one line on stdin: PORT PASSWORD RESET
# Exit codes: 75 the folder is in use, 70 no cluster could be made, else Postgres's own.
root=$1 initdb=$2 postgres=$3 disposable=$4
shift 4
umask 077
cd / || exit 70
# A service manager may signal every process of the service; only our program says when Postgres stops.
trap '' HUP INT QUIT TERM

# The lock is inherited by everything started below, so it is held as long as any process of this Postgres lives: a
# second Carillon can never meet a Postgres that is still writing, also not from another container.
exec 9>>"$root/lock"
if command -v flock >/dev/null 2>&1; then
  flock -n 9 || exit 75
fi

# Background commands of sh get /dev/null as stdin: the pipe goes on as 3.
exec 3<&0
echo locked
exec >&2
read -r port password reset || exit 0

as_superuser() {
  # Single-user mode exits with 0 whatever the SQL came to: the output decides. Ends with a line, as it wants.
  said=$("$postgres" --single -D "$1" postgres 2>&1 3<&-)
  echo "$said"
  case $said in *ERROR:* | *FATAL:* | *PANIC:*) exit 70 ;; esac
}

# The superuser of the cluster has no password and no line in pg_hba: nobody can log in as it. Carillon's own role may
# make databases and roles, and is no superuser, like on a server that somebody else runs.
if [ ! -d "$root/cluster" ]; then
  rm -rf "$root/cluster.new"
  "$initdb" -D "$root/cluster.new" --username=postgres --auth=reject --locale=C --encoding=UTF8 --data-checksums \
    </dev/null 3<&- || exit 70
  printf "CREATE ROLE carillon LOGIN CREATEDB CREATEROLE BYPASSRLS PASSWORD '%s'\nCREATE DATABASE carillon OWNER carillon\n" \
    "$password" | as_superuser "$root/cluster.new" || exit 70
  mv "$root/cluster.new" "$root/cluster" || exit 70
elif [ "$reset" = reset ]; then
  printf "ALTER ROLE carillon PASSWORD '%s'\n" "$password" | as_superuser "$root/cluster" || exit 70
fi

"$postgres" -D "$root/cluster" -p "$port" "$@" </dev/null 3<&- &
pid=$!

# SIGINT is "fast shutdown". It is repeated because a Postgres that has only just been started ignores it.
(
  while read -r _; do :; done
  while kill -INT "$pid" 2>/dev/null; do sleep 1; done
) <&3 9>&- &
watcher=$!

wait "$pid"
code=$?
kill -KILL "$watcher" 2>/dev/null
[ "$disposable" = disposable ] && rm -rf "$root" 2>/dev/null
exit "$code"
