set -u
number=$(printf '%s' "$QUERY" | sed -n 's/^number=\([0-9]*\)$/\1/p')
if [ -z "$number" ]; then
    echo "level=warn msg=\"asked for an invoice without a number\"" >&2
    printf 'Status: 404\nno such invoice\n'
    exit 0
fi
echo "level=info msg=\"invoice shown\" number=$number" >&2
echo "invoice $number: $((number * 1250 % 90000)) cents"
