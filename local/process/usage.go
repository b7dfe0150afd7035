package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is what Linux counts processor time in towards programs, on every machine.
const ticksPerSecond = 100

// Usage is what a process has taken of the machine.
type Usage struct {
	// CPU is its processor time since it started, its own and the kernel's for it, in steps of 10
	// ms.
	CPU time.Duration
	// Resident is its memory in bytes: what lies in RAM.
	Resident int64
}

// UsageOf reads what a running process has taken, of which Linux tells in /proc.
func UsageOf(pid int) (Usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, fmt.Errorf("what process %d takes: %w", pid, err)
	}
	return parseStat(string(stat))
}

// parseStat reads user and system time and the resident pages: fields 14, 15 and 24 of proc(5). The
// second field is the program's name in parentheses and may hold anything, so the count starts
// behind the last one.
func parseStat(stat string) (Usage, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return Usage{}, fmt.Errorf("only %d fields in /proc/PID/stat", len(fields))
	}
	var n [3]int64
	for i, field := range []int{11, 12, 21} {
		var err error
		if n[i], err = strconv.ParseInt(fields[field], 10, 64); err != nil {
			return Usage{}, fmt.Errorf("/proc/PID/stat: %w", err)
		}
	}
	return Usage{
		CPU:      time.Duration(n[0]+n[1]) * time.Second / ticksPerSecond,
		Resident: n[2] * int64(os.Getpagesize()),
	}, nil
}
