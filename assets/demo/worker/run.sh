# Takes one job after the other, until told to stop.
set -u
. ./log.sh
trap 'log info "msg=\"stopping after job $number\""; exit 0' TERM INT
number=0
log info 'msg="queue worker started"'
while :; do
    if job=$("$TRACKSIDE" sample fetch "$API_URL/job?after=$number" 2>/dev/null); then
        number=${job%% *}
        kind=${job#* }
        . "./jobs/$kind.sh"
    else
        log warn 'msg="queue not reachable, waiting"'
    fi
    # One job a second is what the mail provider allows.
    sleep 1 &
    wait $!
done
