package intel

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Why LoadBundle refuses a bundle.
var (
	ErrSignature = errors.New("the bundle is not signed by a trusted key")
	ErrOlder     = errors.New("the bundle is older than the one in this program")
)

// releaseKey is the public half of the key that signs the project's own
// bundles. The private half is kept by the project's release managers and is
// in no repository. An operator who makes bundles of his own makes a key pair
//
//	openssl genpkey -algorithm ed25519 -out intel.key
//	openssl pkey -in intel.key -pubout -outform DER | tail -c 32 | base64 > intel.pub
//
// signs with WriteBundle, and passes the content of intel.pub to Miseban with
// --intel-key; bundles signed with either key are then accepted.
const releaseKey = "u9SsO3EFQMyJxWw2oTb4BsPfqACWv+B+nW7vOwXG7jg="

// signaturePrefix is signed before the bundle itself, so that a signature made
// for anything else cannot be passed off as one of a bundle.
const signaturePrefix = "miseban intelligence bundle 1\n"

// SignatureSuffix is what the name of a bundle's signature file ends in.
const SignatureSuffix = ".sig"

// maxBundle bounds what LoadBundle reads.
const maxBundle = 64 << 20

// ReleaseKey is the key that signs the project's own bundles.
func ReleaseKey() ed25519.PublicKey {
	key, err := ParseKey(releaseKey)
	if err != nil {
		panic(err)
	}
	return key
}

// ParseKey reads a public key as 32 bytes in base64, the form --intel-key takes.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errors.New("not an ed25519 public key in base64")
	}
	return raw, nil
}

// LoadBundle reads the bundle at path, whose detached signature is beside it
// with the suffix .sig. It must be signed by the release key or by one of the
// extra keys, be laid out as this program expects, and not be older than the
// embedded one. Nothing in it is looked at before the signature was found good.
func LoadBundle(path string, extra ...ed25519.PublicKey) (*Bundle, error) {
	archive, err := readLimited(path, maxBundle)
	if err != nil {
		return nil, err
	}
	text, err := readLimited(path+SignatureSuffix, 1<<10)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || !signedBy(append([]ed25519.PublicKey{ReleaseKey()}, extra...), archive, signature) {
		return nil, fmt.Errorf("reading %s: %w", path, ErrSignature)
	}
	b, err := openArchive(archive)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if own := Default(); b.Issued.Before(own.Issued) {
		return nil, fmt.Errorf("reading %s: %w: %s, but %s is built in", path, ErrOlder,
			b.Issued.Format("2006-01-02"), own.Issued.Format("2006-01-02"))
	}
	return b, nil
}

func signedBy(keys []ed25519.PublicKey, archive, signature []byte) bool {
	message := append([]byte(signaturePrefix), archive...)
	return slices.ContainsFunc(keys, func(k ed25519.PublicKey) bool {
		return len(k) == ed25519.PublicKeySize && ed25519.Verify(k, message, signature)
	})
}

func openArchive(archive []byte) (*Bundle, error) {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	b, err := readBundle(z)
	if err == nil {
		err = b.unpackAll()
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return raw, err
}

// EmbeddedData is the data of Default as files: what an operator copies, edits
// and hands to WriteBundle.
func EmbeddedData() fs.FS {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		panic(err)
	}
	return data
}

// WriteBundle writes the data files as one archive to w and returns the text of
// its signature file. The same data always give the same bytes: the files are
// in the order of their names, stored as they are and without dates. Data that
// LoadBundle would refuse are refused here.
func WriteBundle(w io.Writer, data fs.FS, key ed25519.PrivateKey) (signature string, err error) {
	archive, err := pack(data)
	if err != nil {
		return "", fmt.Errorf("packing the bundle: %w", err)
	}
	if _, err := openArchive(archive); err != nil {
		return "", fmt.Errorf("checking the bundle: %w", err)
	}
	if _, err := w.Write(archive); err != nil {
		return "", fmt.Errorf("writing the bundle: %w", err)
	}
	return sign64(archive, key), nil
}

// sign64 is the text of the signature file of archive.
func sign64(archive []byte, key ed25519.PrivateKey) string {
	sum := ed25519.Sign(key, append([]byte(signaturePrefix), archive...))
	return base64.StdEncoding.EncodeToString(sum) + "\n"
}

// pack puts the files into a zip archive in its plainest form.
func pack(data fs.FS) ([]byte, error) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	err := fs.WalkDir(data, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(data, name)
		if err != nil {
			return err
		}
		f, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(raw),
			CompressedSize64: uint64(len(raw)), UncompressedSize64: uint64(len(raw))})
		if err == nil {
			_, err = f.Write(raw)
		}
		return err
	})
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
