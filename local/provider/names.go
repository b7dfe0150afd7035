package provider

import (
	"fmt"
	"regexp"
	"strings"
)

// Namespace is where all functions and secrets are, as on faasd.
const Namespace = "openfaas-fn"

var (
	// What Kubernetes takes for a function's name: what deploys here deploys there.
	functionName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	// No way out of the secrets' folder: no slash, and no dot in front.
	secretName = regexp.MustCompile(`^[A-Za-z0-9][-._A-Za-z0-9]{0,252}$`)
)

// plainName strips the namespace from NAME.openfaas-fn.
func plainName(name string) (string, error) {
	plain, namespace, _ := strings.Cut(name, ".")
	if err := checkNamespace(namespace); err != nil {
		return "", err
	}
	if !functionName.MatchString(plain) {
		return "", fmt.Errorf("function name %q: %w", plain, errInvalid)
	}
	return plain, nil
}

func checkNamespace(namespace string) error {
	if namespace != "" && namespace != Namespace {
		return fmt.Errorf("namespace %q: %w: there is only %s", namespace, errInvalid, Namespace)
	}
	return nil
}
