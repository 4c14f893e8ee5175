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
		return makeKey(file, key)
	case err != nil:
		return nil, fmt.Errorf("reading the key file: %w", err)
	case len(b) != 32:
		return nil, fmt.Errorf("key file %s: %d bytes instead of 32; restore it from a backup: %w", file, len(b), ErrKey)
	}
	return b, nil
}

// makeKey gives the file its name only when it is whole, so that of two
// processes that begin at once one makes the key and the other reads it.
func makeKey(file string, key []byte) ([]byte, error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // made with 0600
	if err != nil {
		return nil, fmt.Errorf("making the key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("making the key file: %w", err)
	}
	switch err := os.Link(f.Name(), file); {
	case errors.Is(err, fs.ErrExist):
		return masterKey(file)
	case err != nil:
		return nil, fmt.Errorf("making the key file: %w", err)
	}
	return key, nil
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
		return nil, fmt.Errorf("sealed data cannot be opened, it was changed or sealed otherwise: %w: %w", ErrKey, err)
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
