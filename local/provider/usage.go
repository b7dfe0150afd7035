package provider

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is what Linux counts processor time in towards programs, on every machine.
const ticksPerSecond = 100

// usage is what a process took of the machine when measured last. It stays 0 where there is no /proc.
type usage struct {
	memory     float64 // bytes resident
	millicores float64 // thousandths of one processor, since the measurement before
	ticks      float64
	at         time.Time
}

func (u *usage) measure(pid int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return
	}
	ticks, pages, ok := parseStat(string(stat))
	if !ok {
		return
	}
	now := time.Now()
	if seconds := now.Sub(u.at).Seconds(); !u.at.IsZero() && seconds > 0 {
		u.millicores = 1000 * (ticks - u.ticks) / ticksPerSecond / seconds
	}
	u.memory = pages * float64(os.Getpagesize())
	u.ticks, u.at = ticks, now
}

// parseStat reads user and system time and the resident pages: fields 14, 15 and 24 of proc(5). The second
// field is the program's name in parentheses and may hold anything, so the count starts behind the last one.
func parseStat(stat string) (ticks, pages float64, ok bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return 0, 0, false
	}
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	pages, err3 := strconv.ParseFloat(fields[21], 64)
	return user + system, pages, err1 == nil && err2 == nil && err3 == nil
}
