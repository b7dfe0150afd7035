package server

import (
	"context"
	"strings"
)

// State is what is on a server.
type State struct {
	// Root: ssh logs in as root.
	Root bool
	// Arch is the architecture, as uname says it.
	Arch string
	// Engine is docker, podman or systemd; empty where there is none.
	Engine string
	// Tag is the version that is deployed; empty before the first deployment.
	Tag string
	// Secrets are the names of those that are there.
	Secrets []string
	// Releases are the tags whose programs are there, of systemd alone.
	Releases []string
	// Running are the functions that run.
	Running []string
}

// WithEngine is a command for Docker, for the engine that is there.
func (s State) WithEngine(command string) string {
	if s.Engine == "podman" {
		return strings.ReplaceAll(command, "docker compose", "podman compose")
	}
	return command
}

// Look finds out what there is. It changes nothing.
func (s *Server) Look(ctx context.Context) (State, error) {
	out, err := s.run(ctx, nil, "look")
	if err != nil {
		return State{}, err
	}
	var state State
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "user":
			state.Root = value == "0"
		case "arch":
			state.Arch = value
		case "engine":
			state.Engine = value
		case "tag":
			state.Tag = value
		case "secret":
			state.Secrets = append(state.Secrets, value)
		case "release":
			state.Releases = append(state.Releases, value)
		case "running":
			state.Running = append(state.Running, value)
		}
	}
	return state, nil
}
