package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"interop/gen/helloworld"
	"interop/gen/service"
)

// runServer serves in clear text and with TLS, and prints the ports.
func runServer(args []string) error {
	pair, err := credentials.NewServerTLSFromFile(args[0], args[1])
	if err != nil {
		return err
	}
	echo := &echo{}
	plain, err := serve(echo)
	if err != nil {
		return err
	}
	encrypted, err := serve(echo, grpc.Creds(pair))
	if err != nil {
		return err
	}
	if echo.relay, err = relayTo(fmt.Sprintf("127.0.0.1:%d", plain)); err != nil {
		return err
	}
	fmt.Println("ports", plain, encrypted, echo.relay.port)
	select {}
}

// serve returns the port.
func serve(echo *echo, options ...grpc.ServerOption) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := grpc.NewServer(options...)
	service.RegisterServiceServer(server, echo)
	helloworld.RegisterGreeterServer(server, greeter{})
	states := health.NewServer()
	states.SetServingStatus("helloworld.Greeter", grpc_health_v1.HealthCheckResponse_SERVING)
	states.SetServingStatus("asleep", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	grpc_health_v1.RegisterHealthServer(server, states)
	reflection.Register(server)
	go server.Serve(listener)
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// echo gives back the text, or the number of bytes that callers have got through the relay.
type echo struct {
	service.UnimplementedServiceServer
	relay *relay
}

func (echo *echo) Process(_ context.Context, request *service.Request) (*service.Response, error) {
	text := request.Text
	if text == "relayed" {
		text = strconv.FormatInt(echo.relay.received.Load(), 10)
	}
	return &service.Response{Text: text}, nil
}

type greeter struct {
	helloworld.UnimplementedGreeterServer
}

func (greeter) SayHello(
	ctx context.Context, request *helloworld.HelloRequest,
) (*helloworld.HelloReply, error) {
	switch request.Name {
	case "wait":
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	case "fail":
		return nil, refusal()
	}
	sent, _ := metadata.FromIncomingContext(ctx)
	echo := metadata.MD{}
	echo.Append("x-text", sent.Get("x-text")...)
	echo.Append("x-bytes-bin", sent.Get("x-bytes-bin")...)
	grpc.SetHeader(ctx, echo)
	grpc.SetTrailer(ctx, echo)
	if deadline, set := ctx.Deadline(); set {
		millis := strconv.FormatInt(time.Until(deadline).Milliseconds(), 10)
		grpc.SetTrailer(ctx, metadata.Pairs("x-deadline-ms", millis))
	}
	// Fails for callers that accept none.
	_ = grpc.SetSendCompressor(ctx, "gzip")
	return &helloworld.HelloReply{Message: "Hello " + request.Name}, nil
}

func refusal() error {
	refused := status.New(codes.InvalidArgument, "name: 100 % ungültig, 不行")
	detailed, err := refused.WithDetails(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "name", Description: "refused: fail"},
		},
	})
	if err != nil {
		return err
	}
	return detailed.Err()
}

func (greeter) SayHelloInManyLanguages(
	request *helloworld.HelloRequest, replies grpc.ServerStreamingServer[helloworld.HelloReply],
) error {
	for _, hello := range greetings {
		reply := &helloworld.HelloReply{Message: hello + " " + request.Name}
		if err := replies.Send(reply); err != nil {
			return err
		}
	}
	return nil
}

func (greeter) SayHelloToAll(
	calls grpc.ClientStreamingServer[helloworld.HelloRequest, helloworld.HelloReply],
) error {
	var names []string
	for {
		request, err := calls.Recv()
		if err == io.EOF {
			message := "Hello " + strings.Join(names, " and ")
			return calls.SendAndClose(&helloworld.HelloReply{Message: message})
		}
		if err != nil {
			return err
		}
		names = append(names, request.Name)
	}
}

func (greeter) Chat(
	calls grpc.BidiStreamingServer[helloworld.HelloRequest, helloworld.HelloReply],
) error {
	for {
		request, err := calls.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		reply := &helloworld.HelloReply{Message: "Hello " + request.Name}
		if err := calls.Send(reply); err != nil {
			return err
		}
	}
}
