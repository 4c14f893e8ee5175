package network

import (
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
)

// class is which check a service belongs to.
type class string

// The classes. What belongs to none is only listed.
const (
	admin    class = "admin"
	database class = "database"
	files    class = "file"
	ftp      class = "ftp"
	telnet   class = "telnet"
	smtp     class = "smtp"
	mail     class = "mail"
)

// service is one port of the list: what is expected there, what a polite
// client says first ("" when the server speaks first), and what proves it. An
// open port that proves nothing is listed and never a fault.
type service struct {
	port  int
	name  string
	class class
	tls   bool
	hello string
	proof *regexp.Regexp // of the answer, each byte read as one letter
	// free is what the answer holds when the service works without signing in.
	free *regexp.Regexp
}

// re compiles an expression in which \xNN is a byte.
func re(s string) *regexp.Regexp { return regexp.MustCompile("(?s)" + s) }

// get is the hello of services that speak HTTP. It says who asks.
func get(path string) string {
	return "GET " + path + " HTTP/1.0\r\nHost: {host}\r\nUser-Agent: Mozilla/5.0 (compatible; Miseban)\r\nAccept: */*\r\nConnection: close\r\n\r\n"
}

func raw(h string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(h, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

var (
	isFTP  = re(`^220[ -]`)
	isSMTP = re(`^220[ -]`)
	isSSH  = re(`^SSH-\d`)
	isTel  = re(`^\xff[\xfb-\xfe]|(?i:login:|username:|password:)`)
	isVNC  = re(`^RFB \d{3}\.\d{3}`)
	isPan  = re(`(?i)cpsrvd|cPanel|WebHost Manager`)
	isMin  = re(`(?i)MiniServ|Webmin|Usermin`)
	isPlsk = re(`(?i)Plesk|sw-cp-server`)
)

// table is the list of ports. Those of the web itself are not in it.
var table = []service{
	{port: 21, name: "FTP", class: ftp, proof: isFTP},
	{port: 22, name: "SSH", class: admin, proof: isSSH},
	{port: 23, name: "Telnet", class: telnet, proof: isTel},
	{port: 25, name: "SMTP", class: smtp, proof: isSMTP},
	{port: 110, name: "POP3", class: mail, proof: re(`^\+OK`)},
	{port: 111, name: "rpcbind", class: files, hello: rpcNull(100000, 2), proof: isRPC},
	{port: 143, name: "IMAP", class: mail, proof: re(`^\* (OK|PREAUTH|BYE)`)},
	{port: 389, name: "LDAP", class: database, hello: raw("30 25 02 01 01 63 20 04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 87 0b 6f 62 6a 65 63 74 43 6c 61 73 73 30 00"), proof: re(`^0.{1,6}\x02\x01\x01[\x64\x65]`)},
	{port: 445, name: "SMB", class: files, hello: smbNegotiate(), proof: re(`^\x00...[\xfe\xff]SMB`)},
	{port: 465, name: "SMTP", class: smtp, tls: true, proof: isSMTP},
	{port: 548, name: "AFP", class: files, hello: raw("00 03 00 01 00000000 00000000 00000000"), proof: re(`^\x01\x03\x00\x01`)},
	{port: 587, name: "SMTP", class: smtp, proof: isSMTP},
	{port: 873, name: "rsync", class: files, proof: re(`^@RSYNCD:`)},
	{port: 902, name: "VMware", class: admin, proof: re(`^220 VMware Authentication Daemon`)},
	{port: 1433, name: "SQL Server", class: database, hello: raw("12 01 00 2f 00 00 00 00 00 00 1a 00 06 01 00 20 00 01 02 00 21 00 01 03 00 22 00 04 04 00 26 00 01 ff 09 00 00 00 00 00 02 00 00 00 00 00 00"), proof: re(`^\x04\x01`)},
	{port: 1521, name: "Oracle", class: database, hello: tnsPing(), proof: re(`^..\x00\x00\x04.*\(`)},
	{port: 2049, name: "NFS", class: files, hello: rpcNull(100003, 3), proof: isRPC},
	{port: 2082, name: "cPanel", class: admin, hello: get("/"), proof: isPan},
	{port: 2083, name: "cPanel", class: admin, tls: true, hello: get("/"), proof: isPan},
	{port: 2086, name: "WHM", class: admin, hello: get("/"), proof: isPan},
	{port: 2087, name: "WHM", class: admin, tls: true, hello: get("/"), proof: isPan},
	{port: 2121, name: "FTP", class: ftp, proof: isFTP},
	{port: 2222, name: "SSH", class: admin, proof: isSSH},
	{port: 2323, name: "Telnet", class: telnet, proof: isTel},
	{port: 2375, name: "Docker API", class: admin, hello: get("/version"), proof: re(`"ApiVersion"`), free: re(`"ApiVersion"`)},
	{port: 2379, name: "etcd", class: database, hello: get("/version"), proof: re(`"etcdserver"`), free: re(`"etcdserver"`)},
	{port: 2525, name: "SMTP", class: smtp, proof: isSMTP},
	{port: 3306, name: "MySQL", class: database, proof: re(`^...\x00(\x0a[0-9]|\xff)`)},
	{port: 3389, name: "RDP", class: admin, hello: raw("03 00 00 13 0e e0 00 00 00 00 00 01 00 08 00 03 00 00 00"), proof: re(`^\x03\x00...\xd0`)},
	{port: 4848, name: "GlassFish", class: admin, tls: true, hello: get("/"), proof: re(`GlassFish`)},
	{port: 5432, name: "PostgreSQL", class: database, hello: raw("00 00 00 08 04 d2 16 2f"), proof: re(`^[SN]$|^E.{4}SFATAL`)},
	{port: 5601, name: "Kibana", class: admin, hello: get("/"), proof: re(`(?i)kbn-name|kibana`)},
	{port: 5672, name: "AMQP", class: database, hello: raw("41 4d 51 50 00 00 09 01"), proof: re(`^\x01\x00\x00.*capabilities|^AMQP\x00`)},
	{port: 5900, name: "VNC", class: admin, proof: isVNC},
	{port: 5901, name: "VNC", class: admin, proof: isVNC},
	{port: 5984, name: "CouchDB", class: database, hello: get("/"), proof: re(`"couchdb" ?:`), free: re(`"couchdb" ?:`)},
	{port: 5985, name: "WinRM", class: admin, hello: get("/wsman"), proof: re(`Microsoft-HTTPAPI`)},
	{port: 6379, name: "Redis", class: database, hello: "PING\r\n", proof: re(`^(\+PONG|-NOAUTH|-DENIED)`), free: re(`^\+PONG`)},
	{port: 6443, name: "Kubernetes API", class: admin, tls: true, hello: get("/version"), proof: re(`"gitVersion"|"kind": ?"Status"`)},
	{port: 7001, name: "WebLogic", class: admin, hello: get("/console/login/LoginForm.jsp"), proof: re(`WebLogic`)},
	{port: 8006, name: "Proxmox", class: admin, tls: true, hello: get("/"), proof: re(`pve-api-daemon|Proxmox`)},
	{port: 8009, name: "AJP", class: admin, hello: raw("12 34 00 01 0a"), proof: re(`^AB\x00\x01\x09`), free: re(`^AB`)},
	{port: 8086, name: "InfluxDB", class: database, hello: get("/ping"), proof: re(`(?i)X-Influxdb-Version`)},
	{port: 8443, name: "Plesk", class: admin, tls: true, hello: get("/"), proof: isPlsk},
	{port: 8500, name: "Consul", class: admin, hello: get("/v1/status/leader"), proof: re(`(?i)X-Consul-`), free: re(`(?i) 200 .*X-Consul-`)},
	{port: 8880, name: "Plesk", class: admin, hello: get("/"), proof: isPlsk},
	{port: 8983, name: "Solr", class: database, hello: get("/solr/"), proof: re(`Solr Admin|Apache Solr`), free: re(` 200 .*Solr`)},
	{port: 9000, name: "FastCGI", class: admin, hello: raw("01 09 00 00 00 11 07 00 0f 00 46 43 47 49 5f 4d 50 58 53 5f 43 4f 4e 4e 53 00 00 00 00 00 00 00"), proof: re(`^\x01\x0a\x00`), free: re(`^\x01\x0a`)},
	{port: 9001, name: "Supervisor", class: admin, hello: get("/"), proof: re(`Supervisor`)},
	{port: 9042, name: "Cassandra", class: database, hello: raw("04 00 00 00 05 00 00 00 00"), proof: re(`^[\x81-\x85]\x00..[\x00\x06]`)},
	{port: 9090, name: "Cockpit", class: admin, tls: true, hello: get("/"), proof: re(`(?i)cockpit`)},
	{port: 9200, name: "Elasticsearch", class: database, hello: get("/"), proof: re(`"cluster_name"|You Know, for Search|security_exception`), free: re(` 200 .*"cluster_name"`)},
	{port: 9443, name: "Portainer", class: admin, tls: true, hello: get("/"), proof: re(`Portainer`)},
	{port: 10000, name: "Webmin", class: admin, hello: get("/"), proof: isMin},
	{port: 10050, name: "Zabbix agent", class: admin, hello: "agent.ping\n", proof: re(`^ZBXD`), free: re(`^ZBXD`)},
	{port: 11211, name: "memcached", class: database, hello: "version\r\n", proof: re(`^VERSION `), free: re(`^VERSION `)},
	{port: 15672, name: "RabbitMQ", class: admin, hello: get("/"), proof: re(`RabbitMQ`)},
	{port: 20000, name: "Usermin", class: admin, hello: get("/"), proof: isMin},
	{port: 27017, name: "MongoDB", class: database, hello: mongoHello(), proof: re(`maxBsonObjectSize|ismaster`)},
	{port: 33060, name: "MySQL X", class: database, proof: re(`^\x05\x00\x00\x00\x0b`)},
}

// xid marks our calls of Sun RPC, so that the answer is known to be one.
const xid = "MSBN"

var isRPC = re(`^....` + xid + `\x00\x00\x00\x01`)

// rpcNull is the procedure that does nothing (RFC 5531).
func rpcNull(program, version uint32) string {
	b := append([]byte{0x80, 0, 0, 40}, xid...)
	for _, v := range []uint32{0, 2, program, version, 0, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return string(b)
}

// smbNegotiate offers SMB 2.0.2 and 2.1 and signs nobody in.
func smbNegotiate() string {
	head := make([]byte, 64)
	copy(head, "\xfeSMB\x40")
	head[14] = 1 // one credit
	body := make([]byte, 36)
	body[0], body[2], body[4] = 36, 2, 1
	msg := append(append(head, body...), 2, 2, 0x10, 2)
	return string(append([]byte{0, 0, 0, byte(len(msg))}, msg...))
}

// tnsPing is what Oracle's own tnsping sends.
func tnsPing() string {
	data := "(CONNECT_DATA=(COMMAND=ping))"
	head := make([]byte, 58)
	binary.BigEndian.PutUint16(head, uint16(58+len(data)))
	copy(head[4:], "\x01\x00\x00\x00\x01\x38\x01\x2c\x00\x00\x08\x00\x7f\xff\x7f\x08\x00\x00\x00\x01")
	binary.BigEndian.PutUint16(head[24:], uint16(len(data)))
	head[27] = 58
	return string(head) + data
}

// mongoHello asks a MongoDB server what it is.
func mongoHello() string {
	doc := "\x13\x00\x00\x00\x10isMaster\x00\x01\x00\x00\x00\x00"
	body := "\x00\x00\x00\x00admin.$cmd\x00\x00\x00\x00\x00\xff\xff\xff\xff" + doc
	b := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
	for _, v := range []uint32{1, 0, 2004} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return string(b) + body
}
