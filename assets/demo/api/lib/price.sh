# total ITEMS: what they cost, in cents.
total() {
    echo $(($1 * 1250))
}

# money CENTS: as people write it.
money() {
    printf '%d.%02d EUR\n' $(($1 / 100)) $(($1 % 100))
}
