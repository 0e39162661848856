"""Becomes a service that dies with its parent, as another user where that is asked.

Run as a script under `python -I -S` between the supervisor and each service: it takes milliseconds, and nothing has to
run in a forked copy of a threaded parent. Arguments: the signal to get when the parent dies, the parent's process id,
the identity to take (see identity.py), the command. Without a command it only tries whether it may take that identity.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    death_signal, parent, identity, *command = arguments
    become(*identity.split(":"))
    die_with(int(parent), signal.Signals[death_signal])
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # what Python, or a shell in the background, ignores stays so across exec
    if command:
        os.execvp(command[0], command)  # noqa: S606  becoming the command is this script's work


def become(kind: str, uid: str = "", gid: str = "") -> None:
    """Take the identity; what the parent-death signal would not survive happens before that is set."""
    if kind == "namespace":
        enter_namespace(int(uid), int(gid))
    elif kind in ("user", "user-reaching"):
        change_user(int(uid), int(gid), reaching=kind == "user-reaching")


def enter_namespace(uid: int, gid: int) -> None:
    """Stay who we are outside, and be `uid` inside a user namespace of our own."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{uid} {outside_uid} 1")
    write("/proc/self/gid_map", f"{gid} {outside_gid} 1")


def change_user(uid: int, gid: int, *, reaching: bool) -> None:
    """Drop from root to `uid`; `reaching` keeps the one capability to enter folders that are closed to others.

    The secure bit keeps capabilities across the change, and lets access(2), with which initdb looks for the server,
    count them too.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if reaching:
        checked(libc.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if reaching:
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; low and high words
        checked(libc.capset(header, sets))
        checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def die_with(parent: int, death_signal: signal.Signals) -> None:
    if not sys.platform.startswith("linux"):
        return
    checked(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0))
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(1)


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main(sys.argv[1:])
