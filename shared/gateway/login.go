package gateway

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// login is what `faas-cli login` has stored.
type login struct {
	Auths []struct {
		Gateway string `yaml:"gateway"`
		Auth    string `yaml:"auth"`
		Token   string `yaml:"token"`
	} `yaml:"auths"`
}

// loggedIn is the header Authorization that faas-cli sends to a gateway, or empty without a login
// there.
func loggedIn(gateway string) string {
	file, err := os.ReadFile(loginFile())
	if err != nil {
		return ""
	}
	var l login
	if yaml.Unmarshal(file, &l) != nil {
		return ""
	}
	for _, a := range l.Auths {
		if !strings.EqualFold(strings.TrimRight(a.Gateway, "/"), gateway) || a.Token == "" {
			continue
		}
		if a.Auth != "basic" {
			return "Bearer " + a.Token
		}
		if _, err := base64.StdEncoding.DecodeString(a.Token); err == nil {
			return "Basic " + a.Token
		}
	}
	return ""
}

// loginFile is where faas-cli stores it, by the rules of its own package config.
func loginFile() string {
	dir := os.Getenv("OPENFAAS_CONFIG")
	if ci := os.Getenv("CI"); dir == "" && (ci == "true" || ci == "1") {
		dir = ".openfaas"
	}
	if home, err := os.UserHomeDir(); dir == "" && err == nil {
		dir = filepath.Join(home, ".openfaas")
	}
	return filepath.Join(dir, "config.yml")
}
