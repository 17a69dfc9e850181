. "$(dirname "$0")/../lib/common.sh"
# Stock falls through the day and is filled up at midnight.
minute=$(($(date +%s) / 60 % 1440))
echo "$((2000 - minute))"
