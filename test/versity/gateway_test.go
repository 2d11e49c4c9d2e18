package versity

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

const (
	// owner is the account that owns the bucket. Here an account is its access key, without users or roles.
	owner    = "111122223333"
	stranger = "444455556666" // another account
	secret   = "any text serves as the accounts' secret key"
	rootID   = "gateway-root" // the gateway's own root
	region   = "eu-central-1"
)

// A gateway is a running versitygw. There can be one at a time in a process.
type gateway struct {
	url   string
	ca    string // the file with the certificate that it shows
	users *users
}

// newGateway starts versitygw on a free port, for the duration of the test. It speaks TLS, so that a policy that
// demands TLS is content.
func newGateway(t *testing.T) *gateway {
	t.Helper()
	top := t.TempDir()
	for _, folder := range []string{"buckets", "attributes", "accounts"} {
		if err := os.Mkdir(filepath.Join(top, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	root := auth.Account{Access: rootID, Secret: secret, Role: auth.RoleAdmin}
	accounts, err := auth.NewInternal(root, filepath.Join(top, "accounts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{owner, stranger} {
		user := auth.Account{Access: account, Secret: secret, Role: auth.RoleUserPlus}
		if err := accounts.CreateAccount(user); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(top) // which changes back in the end, as the backend does not
	// The attributes are kept in files, since not every file system has extended attributes.
	attributes, err := meta.NewSideCar(filepath.Join(top, "attributes"))
	if err != nil {
		t.Fatal(err)
	}
	storage, err := posix.New(filepath.Join(top, "buckets"), attributes,
		posix.PosixOpts{SideCarDir: filepath.Join(top, "attributes")})
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{ca: filepath.Join(top, "certificate.pem"), users: newUsers(accounts)}
	key := filepath.Join(top, "key.pem")
	writeCertificate(t, g.ca, key)
	g.run(t, storage, &embedgw.Config{RootUserAccess: root.Access, RootUserSecret: root.Secret, Region: region,
		IAMService: g.users, CertFile: g.ca, KeyFile: key,
		MaxConnections: 100, MaxRequests: 100, MultipartMaxParts: 100, Quiet: true})
	return g
}

// run serves until the test ends. It returns once connections are accepted.
func (g *gateway) run(t *testing.T, storage backend.Backend, cfg *embedgw.Config) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // the gateway opens the port anew, since it takes no listener
	cfg.Ports = []string{address}
	g.url = "https://" + address

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- embedgw.RunVersityGW(ctx, storage, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("versitygw ended with %v", err)
		}
	})
	if err := reached(address, ended); err != nil {
		t.Fatal(err)
	}
}

// reached waits until somebody listens at the address.
func reached(address string, ended chan error) error {
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case err := <-ended:
			ended <- nil
			return fmt.Errorf("versitygw does not start: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("versitygw does not listen at %s after 10 seconds", address)
}
