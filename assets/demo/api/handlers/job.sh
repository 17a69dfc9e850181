. "$(dirname "$0")/../lib/common.sh"
# The next job of the queue: its kind follows from its number.
number=$(parameter after 0)
number=$((number + 1))
case $((number % 7)) in
    3) kind=invoice ;;
    5) kind=refund ;;
    *) kind=email ;;
esac
echo "$number $kind"
