log info "msg=\"invoice written\" job=$number kind=invoice pages=$((number % 4 + 1))"
