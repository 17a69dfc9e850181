# Takes one job after the other, until told to stop. The next job is fetched while one is worked on.
set -u
. ./log.sh
trap 'log info "msg=\"stopping after job $number\""; exit 0' TERM INT
number=0
log info 'msg="queue worker started" prefetch=1'
next=$("$TRACKSIDE" sample fetch "$API_URL/job?after=$number" 2>/dev/null)
while :; do
    job=$next
    number=${job%% *}
    kind=${job#* }
    if [ "$kind" != refund ]; then
        ahead=$("$TRACKSIDE" sample fetch "$API_URL/job?after=$number" 2>/dev/null)
    fi
    . "./jobs/$kind.sh"
    next=$ahead
    unset ahead
    # One job a second is what the mail provider allows.
    sleep 1 &
    wait $!
done
