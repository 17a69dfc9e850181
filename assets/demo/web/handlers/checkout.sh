. "$(dirname "$0")/../lib/common.sh"
. "$here/lib/page.sh"
items=$(parameter items 1)
order=$(parameter order 0)
if ! receipt=$("$TRACKSIDE" sample fetch "$API_URL/checkout?items=$items&order=$order"); then
    log error "checkout failed upstream" page=checkout order="$order" items="$items"
    printf 'Status: 502\nThe order could not be placed.\n'
    exit 0
fi
log info "order placed" page=checkout order="$order" items="$items"
printf '<p>%s</p>\n' "$receipt" | page "Thank you"
