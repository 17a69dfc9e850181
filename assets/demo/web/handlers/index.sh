. "$(dirname "$0")/../lib/common.sh"
. "$here/lib/page.sh"
if ! stock=$("$TRACKSIDE" sample fetch "$API_URL/stock"); then
    log warn "stock unknown, page shown without it" page=index
    stock="ask us"
fi
log info "page served" page=index stock="$stock"
printf '<p>In stock: %s</p>\n' "$stock" | page "Storefront"
