# page TITLE: wraps what comes on stdin in the shop's frame.
page() {
    printf '<!doctype html>\n<title>%s</title>\n<h1>%s</h1>\n' "$1" "$1"
    cat
    printf '<p><a href="/">shop</a> <a href="/cart?items=2">cart</a></p>\n'
}
