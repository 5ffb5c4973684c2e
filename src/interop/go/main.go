// grpc-go, as a client of our server and as a server for our client:
//
//	interop client PORT TLS_PORT CA_FILE
//	interop server CERTIFICATE KEY
package main

import (
	"fmt"
	"os"
)

var greetings = []string{"Hello", "Hola", "Bonjour", "Hallo", "Ciao"}

func main() {
	role := map[string]func([]string) error{"client": runClient, "server": runServer}[os.Args[1]]
	if err := role(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
