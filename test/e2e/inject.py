"""Makes another process do a system call, by ptrace: what its filter really says. x86-64 only."""

import ctypes
import os
import platform
import signal

ATTACH, DETACH, GETREGS, SETREGS, SINGLESTEP, PEEKTEXT, POKETEXT = 16, 17, 12, 13, 9, 1, 4
SYSCALL = 0x050f  # the instruction, as a word
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp "
             "ss fs_base gs_base ds es fs gs").split()
ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")

STACK = object()  # an address that may be read and written
PID = object()
possible = platform.machine() == "x86_64"
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS]


def _ptrace(request, pid, address=None, data=None):
    ctypes.set_errno(0)
    result = _libc.ptrace(request, pid, address, data)
    if result == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Victim:
    """A process that is held for the length of the block, and goes on as if nothing had been"""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        _ptrace(ATTACH, self.pid)
        os.waitpid(self.pid, 0)
        self.saved = Registers()
        _ptrace(GETREGS, self.pid, None, ctypes.addressof(self.saved))
        self.word = _ptrace(PEEKTEXT, self.pid, self.saved.rip)
        _ptrace(POKETEXT, self.pid, self.saved.rip, (self.word & ~0xffff | SYSCALL) & (2**64 - 1))
        return self

    def __exit__(self, *_):
        _ptrace(POKETEXT, self.pid, self.saved.rip, self.word & (2**64 - 1))
        _ptrace(SETREGS, self.pid, None, ctypes.addressof(self.saved))
        _ptrace(DETACH, self.pid)

    def call(self, number, *arguments):
        """What the kernel answers: a result, or a negative errno. STACK and PID stand for
        values of the process's own."""
        registers = Registers.from_buffer_copy(self.saved)
        registers.rax, registers.orig_rax = number, 2**64 - 1
        for name, value in zip(ARGUMENTS, arguments):
            value = {STACK: self.saved.rsp, PID: self.pid}.get(value, value)
            setattr(registers, name, value & (2**64 - 1))
        _ptrace(SETREGS, self.pid, None, ctypes.addressof(registers))
        _ptrace(SINGLESTEP, self.pid)
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) != signal.SIGTRAP:
            raise RuntimeError(f"system call {number} ended the process: status {status:#x}")
        _ptrace(GETREGS, self.pid, None, ctypes.addressof(registers))
        return ctypes.c_longlong(registers.rax).value


