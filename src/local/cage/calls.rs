//! The calls that no build and no service needs, and that lead out of a cage: refused by a seccomp filter. Everything else is let
//! through, so that no language is surprised.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition as Condition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

/// Refused with "not permitted", whatever is asked.
const NEVER: [i64; 36] = [
    // Mounts and namespaces: another view of the files.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_open_by_handle_at,
    // The kernel itself.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_syslog,
    libc::SYS_lookup_dcookie,
    // Keys belong to the user, not to a process.
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // The machine.
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
];
#[cfg(target_arch = "x86_64")]
const NEVER_HERE: [i64; 4] = [libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_kexec_file_load, libc::SYS_modify_ldt];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_HERE: [i64; 0] = [];

/// Refused with "no such call", upon which programs take the older way: rings do what they are asked for past every filter, and the
/// flags of `clone3` are in memory, where no filter sees them.
const UNKNOWN: [i64; 4] = [libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// Flags of `clone` and `unshare` that make namespaces.
const NAMESPACES: [i32; 8] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
    0x80, // CLONE_NEWTIME, which libc has not everywhere.
];

/// Families of sockets that are let through: files, the internet, and asking for the machine's own addresses. Others talk to
/// hypervisors, to the kernel's ciphers, or read along on the wire.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// Writes into a terminal as if its user had typed.
const TYPES_AHEAD: [u64; 2] = [0x5412, 0x541C]; // TIOCSTI and TIOCLINUX, whose type is not the same with every C library.

/// Why the filter is not there.
type Why = String;

/// Closes those calls for the calling thread and all it starts, and takes away what set-uid programs could give.
pub fn close() -> Result<(), Why> {
    for program in programs()?.iter().filter(|it| !it.is_empty()) {
        seccompiler::apply_filter(program).map_err(|error| format!("seccomp: {error}"))?;
    }
    Ok(())
}

/// The numbers of x32, a second face of the same kernel: every call again, with this bit set, which the tables above do not name. Refused
/// whole with "no such call", as the kernels do that have no x32.
#[cfg(target_arch = "x86_64")]
fn second_face() -> BpfProgram {
    const X32: u32 = 0x4000_0000;
    // Load the call's number; from that bit on, an error; else let it through. The kind of processor is checked by the other two.
    let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    vec![step(0x20, 0, 0), step(0x35, 1, X32), step(0x06, 0, 0x0005_0000 | libc::ENOSYS as u32), step(0x06, 0, 0x7fff_0000)]
}

#[cfg(not(target_arch = "x86_64"))]
const fn second_face() -> BpfProgram {
    Vec::new()
}

fn programs() -> Result<Vec<BpfProgram>, Why> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| format!("seccomp: {error}"))?;
    let compiled = |rules, errno: i32| -> Result<BpfProgram, seccompiler::BackendError> {
        SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno as u32), arch)?.try_into()
    };
    let all = || -> Result<Vec<BpfProgram>, seccompiler::BackendError> {
        let unknown = UNKNOWN.iter().map(|it| (*it, Vec::new())).collect();
        Ok(vec![compiled(refused()?, libc::EPERM)?, compiled(unknown, libc::ENOSYS)?, second_face()])
    };
    all().map_err(|error| format!("seccomp: {error}"))
}

fn refused() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = NEVER.iter().chain(&NEVER_HERE).map(|it| (*it, Vec::new())).collect();
    let one = |index, op, value| SeccompRule::new(vec![Condition::new(index, Len::Dword, op, value)?]);
    let flags = NAMESPACES.iter().map(|it| {
        let flag = *it as u64;
        one(0, Op::MaskedEq(flag), flag)
    });
    let flags = flags.collect::<Result<Vec<_>, _>>()?;
    rules.insert(libc::SYS_clone, flags.clone());
    rules.insert(libc::SYS_unshare, flags);
    let strange = FAMILIES.iter().map(|it| Condition::new(0, Len::Dword, Op::Ne, *it as u64)).collect::<Result<Vec<_>, _>>()?;
    rules.insert(libc::SYS_socket, vec![SeccompRule::new(strange)?]);
    // Raw ones read what others send over loopback. The low bits are the type, the others flags.
    let raw = SeccompRule::new(vec![
        Condition::new(0, Len::Dword, Op::Ne, libc::AF_NETLINK as u64)?,
        Condition::new(1, Len::Dword, Op::MaskedEq(0xf), libc::SOCK_RAW as u64)?,
    ])?;
    rules.entry(libc::SYS_socket).or_default().push(raw);
    rules.insert(libc::SYS_ioctl, TYPES_AHEAD.iter().map(|it| one(1, Op::Eq, *it)).collect::<Result<_, _>>()?);
    // "Everybody" (-1) is meant for a machine that goes down; where the kernel keeps signals in no cage, it would be this platform.
    rules.insert(libc::SYS_kill, vec![one(0, Op::Eq, u64::from(u32::MAX))?]);
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_can_be_made_for_this_machine() {
        let all = programs().unwrap();
        assert!(all[..2].iter().all(|it| it.len() > UNKNOWN.len()));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_call_by_its_x32_number_is_no_way_past_the_tables() {
        // The three instructions it is made of, as the kernel runs them.
        let verdict = |number: u32| {
            let (program, mut at, mut loaded) = (second_face(), 0, 0);
            loop {
                let step = &program[at];
                at += 1;
                match step.code {
                    0x20 => loaded = number,
                    0x35 => at += usize::from(if loaded >= step.k { step.jt } else { step.jf }),
                    _ => return step.k,
                }
            }
        };
        let mount = libc::SYS_mount as u32;
        let refused = 0x0005_0000 | libc::ENOSYS as u32;
        assert_eq!([mount, 0x3fff_ffff].map(verdict), [0x7fff_0000; 2]);
        assert_eq!([mount | 0x4000_0000, 0x4000_0000, u32::MAX].map(verdict), [refused; 3]);
    }
}
