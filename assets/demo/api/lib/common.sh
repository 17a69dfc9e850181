# Shared by every script: where we are, a log line, a parameter of the query.
set -u
here=$(dirname "$0")/..

# log LEVEL MESSAGE [key=value ...]: one JSON line on stderr.
log() {
    level=$1 message=$2
    shift 2
    fields=
    for field in "$@"; do
        fields="$fields,\"${field%%=*}\":\"${field#*=}\""
    done
    printf '{"level":"%s","msg":"%s"%s}\n' "$level" "$message" "$fields" >&2
}

# parameter NAME DEFAULT: its value in $QUERY, if that is a number.
parameter() {
    value=$(printf '%s' "${QUERY:-}" | tr '&' '\n' | sed -n "s/^$1=//p" | head -n 1)
    case $value in
        '' | *[!0-9]*) printf '%s' "$2" ;;
        *) printf '%s' "$value" ;;
    esac
}
