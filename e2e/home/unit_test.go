package home

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handler/function/local/process"
)

// unit is what a systemd unit says of the process that it starts.
type unit struct {
	program string
	// environment and files are what Environment= and EnvironmentFile= give it; the files win.
	environment map[string]string
	files       []string
	// credentials are the files of LoadCredential=, by their names.
	credentials map[string]string
	// pause is what lies between its end and its next start, and patience what it may take to end.
	pause, patience time.Duration
}

// readUnit reads the [Service] section of a unit, as far as it says what runs and with what. What
// the process may do is not enforced here.
func readUnit(file string) (unit, error) {
	u := unit{environment: map[string]string{}, credentials: map[string]string{}}
	text, err := os.ReadFile(file)
	if err != nil {
		return u, err
	}
	section, restart := "", ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		name, value, _ := strings.Cut(line, "=")
		switch {
		case line == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, ";"):
		case strings.HasPrefix(line, "["):
			section = line
		case section != "[Service]":
		case name == "Restart":
			restart = value
		default:
			if err := u.set(name, value); err != nil {
				return u, fmt.Errorf("%s: %s: %w", file, line, err)
			}
		}
	}
	if restart != "always" || u.program == "" || u.pause == 0 || u.patience == 0 {
		return u, fmt.Errorf("%s lacks one of ExecStart=, Restart=always, RestartSec= and TimeoutStopSec=", file)
	}
	return u, nil
}

// set takes one line over.
func (u *unit) set(name, value string) (err error) {
	switch name {
	case "ExecStart":
		u.program = value
	case "EnvironmentFile":
		u.files = append(u.files, value)
	case "Environment":
		k, v, _ := strings.Cut(value, "=")
		if strings.ContainsAny(value, "\"' \\") {
			return errors.New("the tests read one assignment a line, without quotes")
		}
		u.environment[k] = v
	case "LoadCredential":
		id, path, _ := strings.Cut(value, ":")
		u.credentials[id] = path
	case "RestartSec":
		u.pause, err = time.ParseDuration(value + "s")
	case "TimeoutStopSec":
		u.patience, err = time.ParseDuration(value + "s")
	case "ExecStartPre", "WorkingDirectory", "RootDirectory", "PassEnvironment", "SetCredential", "KillSignal", "KillMode":
		return errors.New("the tests do not know it")
	}
	return err
}

// command is what systemd runs: the credentials are copied into a folder of their own, which %d
// stands for, and the environment's files are read as they are now. place puts a home's own folders
// and addresses in the place of a server's.
func (u unit) command(place func(string) string, credentials string) (process.Command, error) {
	c := process.Command{Path: place(u.program), Dir: "/", Grace: u.patience}
	if err := u.mount(place, credentials); err != nil {
		return c, err
	}
	environment := map[string]string{"PATH": "/usr/bin:/bin", "CREDENTIALS_DIRECTORY": credentials}
	for k, v := range u.environment {
		environment[k] = place(strings.ReplaceAll(v, "%d", credentials))
	}
	for _, file := range u.files {
		if err := readEnvironment(place(file), environment); err != nil {
			return c, err
		}
	}
	for k, v := range environment {
		c.Env = append(c.Env, k+"="+v)
	}
	return c, nil
}

func (u unit) mount(place func(string) string, folder string) error {
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return err
	}
	for id, file := range u.credentials {
		secret, err := os.ReadFile(place(file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, id), secret, 0o400); err != nil {
			return err
		}
	}
	return nil
}

// readEnvironment reads lines NAME=value, as make up writes them.
func readEnvironment(file string, into map[string]string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
			into[k] = strings.Trim(v, `'`)
		}
	}
	return nil
}
