fn main() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|it| it == "supervise") {
        std::process::exit(trackside::local::supervise::run(args));
    }
}
