# Checks every script. A build that ends with anything but 0 never goes live.
set -eu
for script in *.sh jobs/*.sh; do
    sh -n "$script"
    echo "checked $script"
done
echo "nothing to compile"
