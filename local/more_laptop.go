//go:build laptop

package main

const moreUsage = ""

var moreCommands map[string]command
