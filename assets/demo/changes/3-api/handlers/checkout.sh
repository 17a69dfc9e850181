. "$(dirname "$0")/../lib/common.sh"
. "$here/lib/price.sh"
items=$(parameter items 1)
order=$(parameter order 0)
cents=$(total "$items")
# A cent off for each item, for every full five items.
bundles=$((items / 5))
rebate=$((items * 5 / bundles))
cents=$((cents - rebate))
log info "order taken" order="$order" items="$items" cents="$cents" rebate="$rebate"
echo "order $order: $(money "$cents")"
