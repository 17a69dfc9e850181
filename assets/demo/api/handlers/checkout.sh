. "$(dirname "$0")/../lib/common.sh"
. "$here/lib/price.sh"
items=$(parameter items 1)
order=$(parameter order 0)
cents=$(total "$items")
log info "order taken" order="$order" items="$items" cents="$cents"
echo "order $order: $(money "$cents")"
