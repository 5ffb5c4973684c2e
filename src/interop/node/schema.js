// The schemas, read from the .proto files that src/interop/run has gathered, and google.rpc's rich
// errors.
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const PROTO = fileURLToPath(new URL('../../../target/interop/proto', import.meta.url));

/** What was loaded, for libraries that take it as it is. */
export const definition = protoLoader.loadSync(
  [
    'service.proto',
    'helloworld/greeter.proto',
    'grpc/health/v1/health.proto',
    'grpc/reflection/v1/reflection.proto',
    'grpc/reflection/v1alpha/reflection.proto',
    'interop/probe.proto',
  ],
  {
    includeDirs: [PROTO],
    defaults: true,
    enums: String,
    keepCase: true,
    oneofs: true,
  },
);

/** Clients and service definitions by their full names. */
export const services = grpc.loadPackageDefinition(definition);

const rich = protobuf.parse(`
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message FieldViolation { string field = 1; string description = 2; }
  message BadRequest { repeated FieldViolation field_violations = 1; }
`, { keepCase: true }).root;

const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';

/** Returns the bytes of a google.rpc.Status with one violation of a google.rpc.BadRequest. */
export function encodeBadRequest(code, message, violation) {
  const value = rich.BadRequest.encode({ field_violations: [violation] }).finish();
  const details = [{ type_url: BAD_REQUEST, value }];
  return Buffer.from(rich.Status.encode({ code, message, details }).finish());
}

/** Returns code, message and violations of the bytes of a google.rpc.Status. */
export function decodeBadRequest(bytes) {
  const { code, message, details } = rich.Status.decode(bytes);
  const violations = details
    .filter((detail) => detail.type_url === BAD_REQUEST)
    .flatMap((detail) => rich.BadRequest.decode(detail.value).field_violations)
    .map(({ field, description }) => ({ field, description }));
  return { code, message, violations };
}
