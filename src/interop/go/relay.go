package main

import (
	"io"
	"net"
	"sync/atomic"
)

// relay stands between a caller and a server and counts the bytes that pass: shows what was
// compressed.
type relay struct {
	port     int
	sent     atomic.Int64
	received atomic.Int64
}

// relayTo forwards connections to an address.
func relayTo(address string) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	made := &relay{port: listener.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			caller, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address)
			if err != nil {
				caller.Close()
				continue
			}
			go pump(server, caller, &made.sent)
			go pump(caller, server, &made.received)
		}
	}()
	return made, nil
}

func pump(to io.WriteCloser, from io.Reader, count *atomic.Int64) {
	defer to.Close()
	io.Copy(to, io.TeeReader(from, counter{count}))
}

type counter struct{ bytes *atomic.Int64 }

func (counter counter) Write(part []byte) (int, error) {
	counter.bytes.Add(int64(len(part)))
	return len(part), nil
}
