//! The cage: what the code of a repository may reach while it is built and while it runs. Decides nothing about time, memory or disk;
//! that is `bounds`, `cgroup` and `quota`.
//!
//! # What is promised
//!
//! | | `bwrap` | `landlock` | `none` |
//! | --- | --- | --- | --- |
//! | writes outside its release, its HOME and its TMPDIR | no, but its own `/tmp` is there | no | as the user may |
//! | reads homes of users, `/tmp`, `/run`, the platform's data, other services | no: not there | no | as the user may |
//! | reads the rest of the machine (`/usr`, `/etc`, `/srv`…) | what everybody may read | what the user may read | as the user may |
//! | sees, signals or traces processes outside | no: not there | sees; signals only before Linux 6.12, each by its number; never traces | as the user may |
//! | asks the kernel for mounts, namespaces, modules, keys, BPF, raw sockets, the clock | no | no | as the user may |
//! | gains rights by a set-uid program | no | no | yes |
//! | runs as root when the platform does | no: as a user of its service alone | yes, with few of root's rights | yes |
//! | connects to sockets in the file system, such as Docker's | only where everybody may, outside `/run` | before Linux 7.1 as the user may | as the user may |
//! | uses the network, this machine's own ports included | yes | yes | yes |
//! | outlives its service | no | no | no |
//!
//! The network is open because builds fetch and services serve and call each other; the platform's API asks for a token, which none
//! of them is given. Toolchains in the user's home are shown, read-only, besides what `PATH` names. git itself, which is not the
//! repository's code, reads what the user can read (a repository here, keys for ssh) and, where there is landlock, writes only into
//! the clone.

mod bubble;
mod calls;
mod enter;
mod hint;
mod land;
mod level;
mod rules;
mod sandbox;
mod users;
mod view;

pub use enter::run;
pub use hint::hint;
pub use level::{Level, Wish};
pub use sandbox::{Caged, Reach, Sandbox, Tree, Unsafe};
