package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// fixedPorts are the gateway's, which cannot be moved.
var fixedPorts = []int{8080, 8082}

// checkPorts names the port that is taken, and its process if the system reports it.
func checkPorts(ports ...int) error {
	var errs []error
	for _, port := range ports {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			errs = append(errs, fmt.Errorf("port %d, which the gateway needs, is taken%s", port, holder(port)))
			continue
		}
		l.Close()
	}
	return errors.Join(errs...)
}

// holder is " by NAME (pid N)", or nothing where /proc does not say.
func holder(port int) string {
	socket := listeningSocket(port)
	if socket == "" {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // an unreadable process is not shown
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != "socket:["+socket+"]" {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, _ := os.ReadFile(filepath.Join("/proc", pid, "comm"))
		return fmt.Sprintf(" by %s (pid %s)", strings.TrimSpace(string(name)), pid)
	}
	return ""
}

// listeningSocket is the inode of the socket that listens on a port, as /proc/net/tcp lists it: the
// local address, the state (0A is listening) and the inode are its fields 1, 3 and 9.
func listeningSocket(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != "0A" {
				continue
			}
			_, hex, _ := strings.Cut(f[1], ":")
			if p, err := strconv.ParseInt(hex, 16, 32); err == nil && int(p) == port {
				return f[9]
			}
		}
	}
	return ""
}
