# log LEVEL MESSAGE: logfmt on stdout.
log() {
    level=$1
    shift
    echo "level=$level worker=queue $*"
}
