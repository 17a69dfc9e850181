# Checks every script, then runs the tests. A build that ends with anything but 0 never goes live.
set -eu
for script in handlers/*.sh lib/*.sh tests/*.sh; do
    sh -n "$script"
    echo "checked $script"
done
for test in tests/*.sh; do
    echo "running $test"
    sh "$test"
done
echo "all tests passed"
