package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// masterKey reads the key file, or makes it. The file is the owner's alone; a
// lost file makes stored evidence unreadable, which is its purpose.
func masterKey(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return nil, fmt.Errorf("making the folder of the key: %w", err)
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return masterKey(file) // another process was first
		}
		if err != nil {
			return nil, fmt.Errorf("making the key file: %w", err)
		}
		_, err = f.Write(key)
		return key, errors.Join(err, f.Sync(), f.Close())
	case err != nil:
		return nil, fmt.Errorf("reading the key file: %w", err)
	case len(b) != 32:
		return nil, fmt.Errorf("key file %s: %d bytes instead of 32; restore it from a backup", file, len(b))
	}
	return b, nil
}

// seal encrypts plain under key; what is sealed for one purpose cannot be opened for another.
func seal(key, plain []byte, purpose string) ([]byte, error) {
	g, err := gcm(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, g.NonceSize(), g.NonceSize()+len(plain)+g.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return g.Seal(nonce, nonce, plain, []byte(purpose)), nil
}

func unseal(key, sealed []byte, purpose string) ([]byte, error) {
	g, err := gcm(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < g.NonceSize() {
		return nil, errors.New("sealed data is too short")
	}
	out, err := g.Open(nil, sealed[:g.NonceSize()], sealed[g.NonceSize():], []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("sealed data cannot be opened: another key file, or it was changed: %w", err)
	}
	return out, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

// derive makes a run's key for one purpose ("records", "masks").
func derive(runKey []byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, runKey, nil, "miseban "+purpose, 32)
}
