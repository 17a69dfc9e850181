log info "msg=\"mail sent\" job=$number kind=email"
