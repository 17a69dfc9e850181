. "$(dirname "$0")/../lib/common.sh"
. "$here/lib/page.sh"
items=$(parameter items 1)
if ! total=$("$TRACKSIDE" sample fetch "$API_URL/price?items=$items"); then
    log error "price service did not answer" page=cart items="$items"
    printf 'Status: 502\nThe cart cannot be priced right now.\n'
    exit 0
fi
days=$((items / 10 + ${DELIVERY_DAYS:-2}))
log info "cart priced" page=cart items="$items" total="$total" delivery_days="$days"
printf '<p>%s items, %s, with you in %s days</p>\n' "$items" "$total" "$days" | page "Cart"
