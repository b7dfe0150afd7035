package provider

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/openfaas/faas-provider/types"
)

func (p *Provider) listSecrets(*http.Request) (answer, error) {
	names, err := p.secrets.list()
	if err != nil {
		return answer{}, err
	}
	list := []types.Secret{}
	for _, name := range names {
		list = append(list, types.Secret{Name: name, Namespace: Namespace})
	}
	return answer{http.StatusOK, list}, nil
}

// createSecret answers 409 if there is one of that name.
func (p *Provider) createSecret(r *http.Request) (answer, error) {
	return p.changeSecret(r, http.StatusCreated, func(there bool, secret types.Secret) error {
		if there {
			return fmt.Errorf("secret %s: %w", secret.Name, errExists)
		}
		return p.secrets.write(secret.Name, valueOf(secret))
	})
}

// updateSecret changes what the functions read, without a redeployment. It answers 404 if there is
// no such secret.
func (p *Provider) updateSecret(r *http.Request) (answer, error) {
	return p.changeSecret(r, http.StatusOK, func(there bool, secret types.Secret) error {
		if !there {
			return fmt.Errorf("secret %s: %w", secret.Name, errNotFound)
		}
		return p.secrets.write(secret.Name, valueOf(secret))
	})
}

// deleteSecret removes a secret. A function that is running finds it gone at once; its next
// deployment is refused.
func (p *Provider) deleteSecret(r *http.Request) (answer, error) {
	return p.changeSecret(r, http.StatusOK, func(there bool, secret types.Secret) error {
		if !there {
			return fmt.Errorf("secret %s: %w", secret.Name, errNotFound)
		}
		return os.Remove(filepath.Join(p.secrets.dir, secret.Name))
	})
}

func (p *Provider) changeSecret(r *http.Request, done int, change func(there bool, secret types.Secret) error) (answer, error) {
	var secret types.Secret
	if err := decode(r, &secret); err != nil {
		return answer{}, err
	}
	if err := checkNamespace(secret.Namespace); err != nil {
		return answer{}, err
	}

	p.secrets.mu.Lock()
	there, err := p.secrets.has(secret.Name)
	if err == nil {
		err = change(there, secret)
	}
	if err == nil {
		err = p.remount(secret.Name)
	}
	p.secrets.mu.Unlock()
	if err != nil {
		return answer{}, err
	}
	p.logger.Info("changed a secret", "secret", secret.Name, "method", r.Method)
	p.changed()
	return answer{status: done}, nil
}

// valueOf prefers the bytes: faas-cli sends a file's content both ways, and JSON text cannot hold
// all bytes.
func valueOf(secret types.Secret) []byte {
	if len(secret.RawValue) > 0 {
		return secret.RawValue
	}
	return []byte(secret.Value)
}
