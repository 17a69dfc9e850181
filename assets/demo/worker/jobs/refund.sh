log info "msg=\"refund paid\" job=$number kind=refund cents=$((number * 35))"
