package provider

import (
	"time"

	"handler/function/local/process"
)

// usage is what a process took of the machine when measured last. It stays 0 where there is no
// /proc.
type usage struct {
	memory     float64 // bytes resident
	millicores float64 // thousandths of one processor, since the measurement before
	cpu        time.Duration
	at         time.Time
}

func (u *usage) measure(pid int) {
	taken, err := process.UsageOf(pid)
	if err != nil {
		return
	}
	now := time.Now()
	if passed := now.Sub(u.at).Seconds(); !u.at.IsZero() && passed > 0 {
		u.millicores = 1000 * (taken.CPU - u.cpu).Seconds() / passed
	}
	u.memory = float64(taken.Resident)
	u.cpu, u.at = taken.CPU, now
}
