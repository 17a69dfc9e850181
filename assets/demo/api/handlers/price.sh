. "$(dirname "$0")/../lib/common.sh"
. "$here/lib/price.sh"
items=$(parameter items 1)
if [ "$items" -gt 500 ]; then
    log warn "refused a cart that is too large" items="$items"
    printf 'Status: 422\nat most 500 items\n'
    exit 0
fi
money "$(total "$items")"
