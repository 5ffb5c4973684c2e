package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"interop/gen/helloworld"
	"interop/gen/probe"
	"interop/gen/service"
)

// patience is for every call that is not about deadlines.
const patience = 20 * time.Second

var ada = &helloworld.HelloRequest{Name: "Ada"}

// client has the stubs of one connection, and what further connections need.
type client struct {
	service service.ServiceClient
	greeter helloworld.GreeterClient
	probe   probe.ProbeClient
	health  grpc_health_v1.HealthClient
	reflect grpc_reflection_v1.ServerReflectionClient
	port    string
	tlsPort string
	caFile  string
}

func runClient(args []string) error {
	checked := client{port: args[0], tlsPort: args[1], caFile: args[2]}
	connection := dial(checked.port, insecure.NewCredentials())
	defer connection.Close()
	checked.service = service.NewServiceClient(connection)
	checked.greeter = helloworld.NewGreeterClient(connection)
	checked.probe = probe.NewProbeClient(connection)
	checked.health = grpc_health_v1.NewHealthClient(connection)
	checked.reflect = grpc_reflection_v1.NewServerReflectionClient(connection)
	runAll([]check{
		{"the tutorial", checked.tutorial},
		{"four shapes", checked.fourShapes},
		{"metadata both ways", checked.metadata},
		{"errors with details", checked.errors},
		{"deadline", checked.deadline},
		{"cancellation", checked.cancellation},
		{"gzip both ways", checked.gzip},
		{"large messages", checked.largeMessages},
		{"health", checked.checkHealth},
		{"reflection v1", checked.reflection},
		{"TLS", checked.tls},
	})
	return nil
}

func dial(port string, security credentials.TransportCredentials) *grpc.ClientConn {
	return must(grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(security)))
}

func soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	context.AfterFunc(ctx, cancel)
	return ctx
}

func (c client) tutorial() {
	for _, text := range []string{"hola", "", "不行"} {
		equal(must(c.service.Process(soon(), &service.Request{Text: text})).Text, text)
	}
}

func (c client) fourShapes() {
	equal(must(c.greeter.SayHello(soon(), ada)).Message, "Hello Ada")

	many := must(c.greeter.SayHelloInManyLanguages(soon(), ada))
	for _, hello := range greetings {
		equal(must(many.Recv()).Message, hello+" Ada")
	}
	_, err := many.Recv()
	equal(err, io.EOF)

	all := must(c.greeter.SayHelloToAll(soon()))
	names := []string{"Ada", "Bo", "Cy"}
	for _, name := range names {
		equal(all.Send(&helloworld.HelloRequest{Name: name}), nil)
	}
	equal(must(all.CloseAndRecv()).Message, "Hello Ada, Bo and Cy")

	chat := must(c.greeter.Chat(soon()))
	for _, name := range names {
		equal(chat.Send(&helloworld.HelloRequest{Name: name}), nil)
		// The answer comes while the request stream is open.
		equal(must(chat.Recv()).Message, "Hello "+name)
	}
	equal(chat.CloseSend(), nil)
	_, err = chat.Recv()
	equal(err, io.EOF)
}

func (c client) metadata() {
	texts, bytes := []string{"one", "two, three"}, []string{"\x00\x01\xfe\xff", "", "abc"}
	sent := metadata.MD{"x-text": texts, "x-bytes-bin": bytes}
	var headers, trailers metadata.MD
	ctx := metadata.NewOutgoingContext(soon(), sent)
	_, err := c.probe.Echo(
		ctx, &helloworld.HelloRequest{}, grpc.Header(&headers), grpc.Trailer(&trailers))
	equal(err, nil)
	for _, received := range []metadata.MD{headers, trailers} {
		equal(received.Get("x-text"), texts)
		equal(received.Get("x-bytes-bin"), bytes)
	}
}

func (c client) errors() {
	_, err := c.probe.Fail(soon(), ada)
	refused := status.Convert(err)
	equal(refused.Code(), codes.InvalidArgument)
	equal(refused.Message(), "name: 100 % ungültig, 不行")
	details, rich := refused.Details()[0].(*errdetails.BadRequest)
	isTrue(rich, "got %v, expected a BadRequest", refused.Details())
	equal(details.FieldViolations[0].Field, "name")
	equal(details.FieldViolations[0].Description, "refused: Ada")
	_, err = c.probe.Missing(soon(), ada)
	equal(status.Code(err), codes.Unimplemented)
}

func (c client) deadline() {
	waiting := &helloworld.HelloRequest{Name: "go deadline"}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	replies := must(c.probe.Wait(ctx, waiting))
	equal(must(replies.Recv()).Message, "waiting")
	_, err := replies.Recv()
	equal(status.Code(err), codes.DeadlineExceeded)
	end := must(c.probe.Ended(soon(), waiting)).Message
	isTrue(end == "DEADLINE_EXCEEDED" || end == "CANCELLED", "ended with %s", end)

	ctx, cancel = context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	var trailers metadata.MD
	_, err = c.probe.Echo(ctx, ada, grpc.Trailer(&trailers))
	equal(err, nil)
	millis := must(strconv.Atoi(trailers.Get("x-deadline-ms")[0]))
	// The server's own would be 30 s.
	isTrue(millis > 0 && millis <= 15_000, "the server was told %d ms, expected 15000", millis)
}

func (c client) cancellation() {
	waiting := &helloworld.HelloRequest{Name: "go cancel"}
	ctx, cancel := context.WithCancel(soon())
	replies := must(c.probe.Wait(ctx, waiting))
	equal(must(replies.Recv()).Message, "waiting")
	cancel()
	_, err := replies.Recv()
	equal(status.Code(err), codes.Canceled)
	equal(must(c.probe.Ended(soon(), waiting)).Message, "CANCELLED")
}

func (c client) gzip() {
	relay := must(relayTo("127.0.0.1:" + c.port))
	connection := dial(strconv.Itoa(relay.port), insecure.NewCredentials())
	defer connection.Close()
	zipped := grpc.UseCompressor(gzip.Name)
	text := strings.Repeat("gzip ", 200_000)
	echoed := service.NewServiceClient(connection)
	equal(must(echoed.Process(soon(), &service.Request{Text: text}, zipped)).Text, text)
	few := int64(len(text) / 10)
	isTrue(relay.sent.Load() < few, "%d bytes sent, expected gzip", relay.sent.Load())
	isTrue(relay.received.Load() < few, "%d bytes received, expected gzip", relay.received.Load())
	reply := must(probe.NewProbeClient(connection).Echo(soon(), ada, zipped))
	equal(reply.Message, "compressed")
}

func (c client) largeMessages() {
	big := strings.Repeat("x", 3<<20)
	equal(must(c.service.Process(soon(), &service.Request{Text: big})).Text == big, true)
	_, err := c.service.Process(soon(), &service.Request{Text: strings.Repeat("x", 5<<20)})
	equal(status.Code(err), codes.ResourceExhausted)
	equal(must(c.service.Process(soon(), &service.Request{Text: "on"})).Text, "on")
}

func (c client) checkHealth() {
	const serving = grpc_health_v1.HealthCheckResponse_SERVING
	request := func(name string) *grpc_health_v1.HealthCheckRequest {
		return &grpc_health_v1.HealthCheckRequest{Service: name}
	}
	for _, name := range []string{"", "helloworld.Greeter", "interop.Probe"} {
		equal(must(c.health.Check(soon(), request(name))).Status, serving)
	}
	_, err := c.health.Check(soon(), request("nobody"))
	equal(status.Code(err), codes.NotFound)
	ctx, cancel := context.WithCancel(soon())
	watch := must(c.health.Watch(ctx, request("Service")))
	equal(must(watch.Recv()).Status, serving)
	cancel()
	_, err = watch.Recv()
	equal(status.Code(err), codes.Canceled)
}

func (c client) reflection() {
	stream := must(c.reflect.ServerReflectionInfo(soon()))
	ask := func(request *grpc_reflection_v1.ServerReflectionRequest) *grpc_reflection_v1.ServerReflectionResponse {
		equal(stream.Send(request), nil)
		return must(stream.Recv())
	}
	symbol := func(name string) *grpc_reflection_v1.ServerReflectionRequest {
		return &grpc_reflection_v1.ServerReflectionRequest{
			MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{
				FileContainingSymbol: name,
			},
		}
	}
	listed := ask(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{},
	})
	names := fmt.Sprint(listed.GetListServicesResponse().Service)
	for _, name := range []string{"Service", "helloworld.Greeter", "interop.Probe"} {
		isTrue(strings.Contains(names, `"`+name+`"`), "%s is not among %s", name, names)
	}
	found := ask(symbol("helloworld.Greeter")).GetFileDescriptorResponse().FileDescriptorProto
	var file descriptorpb.FileDescriptorProto
	equal(proto.Unmarshal(found[0], &file), nil)
	equal(len(file.Service[0].Method), 4)
	missing := ask(symbol("helloworld.Nobody")).GetErrorResponse()
	equal(codes.Code(missing.GetErrorCode()), codes.NotFound)
}

func (c client) tls() {
	trusted := dial(c.tlsPort, must(credentials.NewClientTLSFromFile(c.caFile, "")))
	defer trusted.Close()
	secure := helloworld.NewGreeterClient(trusted)
	equal(must(secure.SayHello(soon(), ada)).Message, "Hello Ada")
	strict := dial(c.tlsPort, credentials.NewTLS(nil))
	defer strict.Close()
	_, err := helloworld.NewGreeterClient(strict).SayHello(soon(), ada)
	equal(status.Code(err), codes.Unavailable)
}
