. lib/page.sh
out=$(printf '<p>hello</p>\n' | page "Test")
case $out in
    *"<h1>Test</h1>"*"<p>hello</p>"*) echo "page: ok" ;;
    *) echo "page: the title or the body is missing in: $out"; exit 1 ;;
esac
