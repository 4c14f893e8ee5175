package testshop

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// services are what a careless host leaves open beside the shop: the greeting,
// and for those that wait to be spoken to the answers to a line.
var services = map[string]struct {
	greeting string
	answers  map[string]string
}{
	"ftp":    {"220 (vsFTPd 2.3.4)\r\n", map[string]string{"FEAT": "211-Features:\r\n UTF8\r\n211 End\r\n", "AUTH": "530 Please login with USER and PASS.\r\n", "QUIT": "221 Goodbye.\r\n"}},
	"telnet": {"\xff\xfd\x18\xff\xfd\x20\r\nweb01 login: ", nil},
	"smtp":   {"220 mail.shop.test ESMTP Postfix\r\n", map[string]string{"EHLO": "250-mail.shop.test\r\n250-SIZE 10240000\r\n250 8BITMIME\r\n", "HELO": "250 mail.shop.test\r\n", "QUIT": "221 2.0.0 Bye\r\n"}},
	"ssh":    {"SSH-2.0-OpenSSH_7.4\r\n", nil},
	"mysql":  {mysqlGreeting("5.5.68-MariaDB"), nil},
	"redis":  {"", map[string]string{"PING": "+PONG\r\n", "INFO": "$25\r\n# Server\r\nredis_version:5.0\r\n\r\n", "*1": ""}},
}

// mysqlGreeting is the first packet of the MySQL protocol (version 10).
func mysqlGreeting(version string) string {
	body := "\x0a" + version + "\x00" + "\x2a\x00\x00\x00" + "abcdefgh\x00" + "\xff\xf7" + "\x08" + "\x02\x00" + "\x0f\xa0" + "\x15" + strings.Repeat("\x00", 10) + "ijklmnopqrst\x00" + "mysql_native_password\x00"
	return string([]byte{byte(len(body)), byte(len(body) >> 8), 0, 0}) + body
}

// ServiceNames are the services that Service can open.
func ServiceNames() []string { return []string{"ftp", "telnet", "smtp", "ssh", "mysql", "redis"} }

// Service opens a service that greets as the named one does and does nothing
// else, on a loopback address ("127.0.0.1:0" for a free port). It stops with ctx.
func Service(ctx context.Context, name, address string) (net.Addr, error) {
	service, ok := services[name]
	if !ok {
		return nil, fmt.Errorf("opening a service: none is called %q", name)
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("opening a service: %q is not a loopback address", address)
	}
	ln, err := listen(address)
	if err != nil {
		return nil, err
	}
	// Each visitor's connection is closed with the listener, so nobody hangs on it.
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	context.AfterFunc(ctx, func() {
		ln.Close()
		mu.Lock()
		defer mu.Unlock()
		for c := range open {
			c.Close()
		}
	})
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			go func() {
				talk(c, service.greeting, service.answers)
				mu.Lock()
				delete(open, c)
				mu.Unlock()
			}()
		}
	}()
	return ln.Addr(), nil
}

func talk(c net.Conn, greeting string, answers map[string]string) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Write([]byte(greeting)); err != nil {
		return
	}
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(lines.Text())), " ")
		if _, err := c.Write([]byte(answers[word])); err != nil || word == "QUIT" {
			return
		}
	}
}
