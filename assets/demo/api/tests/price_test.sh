. lib/price.sh
expect() {
    [ "$2" = "$3" ] || { echo "price: $1: expected $3, got $2"; exit 1; }
    echo "price: $1: ok"
}
expect "one item" "$(total 1)" 1250
expect "twelve items" "$(total 12)" 15000
expect "cents are padded" "$(money 1205)" "12.05 EUR"
