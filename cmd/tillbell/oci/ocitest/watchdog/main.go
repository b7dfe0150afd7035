// Command watchdog stands for of-watchdog in a test: it becomes the program that fprocess names, as
// an image's process must, and answers the health check.
package main

import (
	"os"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--run-healthcheck" {
		return
	}
	program := os.Getenv("fprocess")
	if err := syscall.Exec(program, []string{program}, os.Environ()); err != nil {
		println(program, err.Error())
		os.Exit(1)
	}
}
