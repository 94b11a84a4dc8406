"""Limits on this process's own memory and time: RLIMIT on POSIX, a Job Object on Windows.

A process that runs into its limit gets a MemoryError, or is ended by the system; whoever started it goes on.
"""

from __future__ import annotations

import sys
import time

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _PROCESS_TIME, _PROCESS_MEMORY, _EXTENDED_LIMITS = 0x2, 0x100, 9
    _TICKS_PER_SECOND = 10_000_000

    class _BasicLimits(ctypes.Structure):
        """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    class OwnLimits:
        """The limits of this process. Make one, and keep it: the system forgets a job that nobody holds."""

        def __init__(self, memory_bytes: int) -> None:
            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            self._kernel.GetCurrentProcess.restype = wintypes.HANDLE
            self._job = wintypes.HANDLE(self._kernel.CreateJobObjectW(None, None))
            self._limits = _ExtendedLimits()
            self._limits.BasicLimitInformation.LimitFlags = _PROCESS_MEMORY
            self._limits.ProcessMemoryLimit = memory_bytes
            self._set()
            own = wintypes.HANDLE(self._kernel.GetCurrentProcess())
            if not self._kernel.AssignProcessToJobObject(self._job, own):
                raise ctypes.WinError(ctypes.get_last_error())

        def allow_seconds(self, seconds: float) -> None:
            """End this process once it has used so much more processor time."""
            basic = self._limits.BasicLimitInformation
            basic.LimitFlags = _PROCESS_MEMORY | _PROCESS_TIME
            basic.PerProcessUserTimeLimit = int((_used_seconds() + seconds) * _TICKS_PER_SECOND)
            self._set()

        def _set(self) -> None:
            limits = ctypes.byref(self._limits)
            if not self._kernel.SetInformationJobObject(
                self._job, _EXTENDED_LIMITS, limits, ctypes.sizeof(_ExtendedLimits)
            ):
                raise ctypes.WinError(ctypes.get_last_error())

else:
    import resource

    class OwnLimits:
        """The limits of this process. They only ever get tighter than what the system allows it."""

        def __init__(self, memory_bytes: int) -> None:
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (_within(memory_bytes, hard), hard))
            _, hard = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (0, hard))  # a core dump would hold a patient's image

        def allow_seconds(self, seconds: float) -> None:
            """End this process once it has used so much more processor time."""
            _, hard = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (_within(int(_used_seconds() + seconds) + 1, hard), hard))

    def _within(wanted: int, hard: int) -> int:
        return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _used_seconds() -> float:
    """Processor time of all threads so far."""
    return time.process_time()
