//go:build !linux

package process

import "syscall"

// Other kernels have no parent-death signal: a child outlives us if we are killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
